'use strict';
// Everything is on the page without this script. It adds: pinning a record, hovering, walking by keys, finding words.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const elements = new Map(); // id of a record → the elements of its words
  for (const one of all('.t [data-a]')) for (const id of new Set([one.id, ...one.dataset.a.split(' ')])) elements.set(id, [...(elements.get(id) || []), one]);
  const words = id => elements.get(id) || [];
  const card = id => document.getElementById(id);
  const innermost = one => one?.closest?.('.t [data-a]')?.dataset.a.split(' ').at(-1);
  let pinned = '', hits = [], hit = -1;

  function show(id) {
    for (const name of ['hot', 'tie', 'on', 'pin']) all('.' + name).forEach(one => one.classList.remove(name));
    all('nav [aria-current]').forEach(one => one.removeAttribute('aria-current'));
    pinned = words(id).length ? id : '';
    if (!pinned) return;
    all('.t').forEach(one => one.classList.add('pin'));
    words(id).forEach(one => one.classList.add('hot'));
    const own = card(id);
    if (!own) return;
    if (own.closest('nav')) { own.setAttribute('aria-current', 'true'); const hidden = own.closest('details'); if (hidden) hidden.open = true; return; }
    if (!own.matches('li, li > div')) return;
    own.classList.add('on');
    const tied = all(':scope > small a, :scope > div a', own);
    for (const link of tied) {
      const to = link.hash.slice(1);
      if (to !== id && (own.matches('div') || card(to)?.matches('.t *'))) words(to).forEach(one => one.classList.add('tie'));
    }
  }
  function pin(id, scroll) {
    show(pinned === id ? '' : id);
    try { history.replaceState(null, '', pinned ? '#' + pinned : location.href.split('#')[0]); } catch { /* the frame of a notebook has no address */ }
    if (pinned && scroll) scroll.scrollIntoView({block: 'nearest'});
  }
  document.addEventListener('click', event => {
    const link = event.target.closest('nav .ch a, .ref');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const id = link.matches('.ref') ? link.hash.slice(1) : link.id;
      return pin(id, link.matches('.ref') ? card(id) : words(id)[0]);
    }
    const id = innermost(event.target);
    if (id && getSelection().isCollapsed) pin(id, card(id)?.matches('li') && card(id));
  });
  const near = event => {
    all('.near').forEach(one => one.classList.remove('near'));
    const chain = event.target.closest?.('nav .ch a');
    const id = event.type === 'mouseout' || event.type === 'focusout' ? '' : chain ? chain.id : innermost(event.target);
    if (id) words(id).forEach(one => one.classList.add('near'));
  };
  for (const type of ['mouseover', 'mouseout', 'focusin', 'focusout']) document.addEventListener(type, near);

  // n and p walk: over hits of a search, the words of what is pinned, differences that are shown, or all blocks.
  const shown = one => one.checkVisibility();
  let walked = null;
  function walk(step) {
    if (hits.length) { hit = (hit + step + hits.length) % hits.length; return reveal(hits[hit].startContainer.parentElement); }
    const differences = all('li.d').filter(shown);
    const chain = pinned && card(pinned)?.closest('nav') ? words(pinned) : [];
    const stops = chain.length > 1 ? chain : differences.length ? differences : all('.t .ref').filter(shown);
    if (!stops.length) return;
    const here = stops.indexOf(walked);
    walked = stops[here < 0 ? (step > 0 ? 0 : stops.length - 1) : (here + step + stops.length) % stops.length];
    if (walked.matches('u')) walked.tabIndex = -1;
    walked.focus({preventScroll: true});
    reveal(walked);
  }
  const reveal = one => one.scrollIntoView({block: 'center'});
  const find = document.getElementById('-find');
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') { if (find) { find.value = ''; search(); } if (pinned) pin(pinned); document.activeElement.blur(); }
    if (event.target === find) { if (event.key === 'Enter') walk(event.shiftKey ? -1 : 1); return; }
    if (event.key === 'n') walk(1);
    if (event.key === 'p') walk(-1);
    if (event.key === '/' && find) { event.preventDefault(); find.focus(); }
  });

  // A paragraph's text is that of the article, so that words are found across all marks.
  function search() {
    const wanted = find.value.toLowerCase();
    CSS.highlights?.delete('find');
    hits = []; hit = -1;
    if (wanted.length < 2) return;
    for (const one of all('.t')) {
      let text = one.textContent.toLowerCase();
      if (text.length !== one.textContent.length) text = one.textContent; // as of İ, whose small form is longer
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) hits.push(range(one, at, at + wanted.length));
    }
    if (CSS.highlights) CSS.highlights.set('find', new Highlight(...hits));
    if (hits.length) walk(1);
  }
  function range(paragraph, start, end) {
    const found = new Range(), nodes = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    for (let at = 0, begun = false, node; (node = nodes.nextNode()); at += node.data.length) {
      if (!begun && start < at + node.data.length) { found.setStart(node, start - at); begun = true; }
      if (end <= at + node.data.length) { found.setEnd(node, end - at); break; }
    }
    return found;
  }
  const bar = document.querySelector('.bar');
  new ResizeObserver(() => document.body.style.setProperty('--top', bar.offsetHeight + 'px')).observe(bar);
  if (find) { find.hidden = false; find.addEventListener('input', search); }
  const linked = () => { const id = location.hash.slice(1); if (id) { show(id); (card(id)?.matches('article *') ? card(id) : words(id)[0])?.scrollIntoView({block: 'center'}); } };
  addEventListener('hashchange', linked);
  linked();
})();
