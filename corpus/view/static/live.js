'use strict';
// A page of `corpus view --serve` reloads when its own file, or one that it shows, was written again.
(() => {
let {run, version} = document.currentScript.dataset, banner = null;
const here = decodeURIComponent(location.pathname).slice(1) || 'index.html';
const lists = here === 'index.html' || here.startsWith('list/');
const tell = message => {
  if (!message) { banner?.remove(); banner = null; return; }
  if (!banner) {
    banner = document.createElement('p');
    banner.setAttribute('role', 'alert');
    banner.style.cssText = 'position:fixed;inset:auto 0 0 0;z-index:9;margin:0;padding:8px 16px;background:#8c1c13;color:#fff;font:14px/1.4 system-ui,sans-serif;overflow-wrap:anywhere';
    document.body.append(banner);
  }
  if (banner.textContent !== message) banner.textContent = message;
};
const ask = async () => {
  try {
    const answer = await (await fetch(`/-/changes?run=${run}&version=${version}`, {cache: 'no-store'})).json();
    ({run, version} = answer);
    if (answer.files === null) return location.reload();
    if (answer.files.some(name => name === here || name.startsWith('static/') || (lists && name.startsWith('index/')))) return location.reload();
    tell(answer.error && `These pages show an earlier state: ${answer.error}`);
  } catch { tell('corpus view has ended: these pages do not follow changes any more.'); }
  setTimeout(ask, 1000);
};
ask();
})();
