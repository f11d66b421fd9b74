'use strict';
// The corpus page without this has all figures and the list in pages. This adds the search and the filters.
// The index is scripts that call rows(), texts() and records(): a page that is opened as a file may not fetch.
(() => {
const $ = id => document.getElementById(id);
const config = JSON.parse($('config').textContent);
const layerNames = config.layers.map(one => one.name);
const number = value => value.toLocaleString('en');
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
const el = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...children.filter(one => one !== null));
  return made;
};

// ---- The index, loaded by need ----
const parts = new Map(config.parts.map(name => [name, {rows: null, texts: null, folded: [[], []], records: new Map()}]));
window.rows = (part, value) => { parts.get(part).rows = value; };
window.texts = (part, value) => { parts.get(part).texts = value; };
window.records = (part, layer, value) => { parts.get(part).records.set(layer, value); };
const loading = new Map();
const load = (part, kind) => {
  const name = `index/${part}.${kind}.js`;
  if (!loading.has(name)) {
    loading.set(name, new Promise((done, failed) => {
      const script = el('script', {src: name, charset: 'utf-8'});
      script.onload = () => { script.remove(); done(); };
      script.onerror = () => { script.remove(); loading.delete(name); failed(new Error(name)); };
      document.head.append(script);
    }));
  }
  return loading.get(name);
};
const loadAll = kinds => Promise.all(config.parts.flatMap(part => kinds.map(kind => load(part, kind))));

// ---- Text is compared without case and accents; with a quotation mark or a blank in it, also without their kind ----
const MARKS = {'‘': "'", '’': "'", 'ʼ': "'", '“': '"', '”': '"', '„': '"', '\u00a0': ' ', '\u202f': ' ', '\n': ' '};
const KINDS = /[‘’ʼ“”„\u00a0\u202f\n]/g;
const fold = (text, kinds) => {
  let made = text.toLowerCase();
  if (/[\u00c0-\u1fff]/.test(made)) made = made.normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC');
  return kinds ? made.replace(KINDS, char => MARKS[char]) : made; // slower than all the rest, and seldom asked
};
const unfold = (text, folded, at) => { // the place in a text of a place in its folded form
  if (text.length === folded.length) return at;
  let low = 0, high = text.length;
  while (low < high) { const middle = (low + high) >> 1; if (fold(text.slice(0, middle)).length < at) low = middle + 1; else high = middle; }
  return low;
};
const foldedText = (part, i, kinds) => {
  const kept = part.folded[kinds ? 1 : 0];
  return kept[i] ??= part.texts?.[i] ? fold(part.texts[i], kinds) : '';
};
const terms = query => { // the words asked for, each to be found; words in "…" belong together
  const words = [...query.matchAll(/["“„]([^"“”„]+)["“”„]|(\S+)/g)].map(one => fold(one[1] ?? one[2], true)).filter(Boolean);
  words.kinds = words.some(word => /['" ]/.test(word));
  return words;
};

// ---- What is asked: kept in the address, so that it can be linked ----
const RESERVED = new Set(['q', 'show', 'order', 'page', 'annotator', 'state', 'case']);
const fields = [ // {key, title, group, values, titles}
  ...config.filters.map(one => ({...one, key: RESERVED.has(one.field) ? `article.${one.field}` : one.field, group: 'Articles'})),
  {key: 'annotator', title: 'Annotated by', group: 'Articles', values: config.annotators, titles: config.annotators},
  {key: 'state', title: 'State', group: 'Articles', values: Object.keys(config.states), titles: Object.values(config.states)},
  {key: 'case', title: 'Hard case', group: 'Articles', values: config.cases.map(one => String(one.number)), titles: config.cases.map(one => one.name), counts: config.cases.map(one => one.count)},
  ...config.labels.map(one => ({...one, key: `${one.layer}.${one.field}`, group: config.layers.find(of => of.name === one.layer).title})),
].filter(one => one.values.length);
const byKey = new Map(fields.map(one => [one.key, one]));
const asked = () => {
  const given = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
  const chosen = new Map();
  for (const field of fields) {
    const values = given.getAll(field.key).filter(value => field.values.includes(value));
    if (values.length) chosen.set(field.key, new Set(values));
  }
  const show = layerNames.includes(given.get('show')) ? given.get('show') : '';
  const order = ['new', 'records'].includes(given.get('order')) ? given.get('order') : '';
  return {query: given.get('q') || '', show, order, chosen, page: Math.max(1, parseInt(given.get('page'), 10) || 1)};
};
const tell = (state, replace = false) => {
  const given = new URLSearchParams();
  if (state.query) given.set('q', state.query);
  for (const [key, values] of state.chosen) for (const value of values) given.append(key, value);
  for (const key of ['show', 'order']) if (state[key]) given.set(key, state[key]);
  if (state.page > 1) given.set('page', state.page);
  const address = given.size ? `#${given}` : location.pathname + location.search;
  if (replace) history.replaceState(null, '', address); else history.pushState(null, '', address);
  run(state);
};

// ---- Search ----
const at = name => config.columns.indexOf(name);
const SPLIT = at('split'), PUBLISHED = at('published');
let articles = null; // {part, i, row}
const allArticles = async () => {
  if (!articles) {
    await loadAll(['rows']);
    articles = [...parts.values()].flatMap(part => part.rows.map((row, i) => ({part, i, row})));
  }
  return articles;
};
const labelNumbers = (field, values) => new Set([...values].map(value => field.first + field.values.indexOf(value)));
const pairsHave = (pairs, numbers) => { for (let i = 0; i < pairs.length; i += 2) if (numbers.has(pairs[i])) return true; return false; };

const plan = state => { // what the filters ask of an article's row, and of the records of each layer
  const ofRow = [], ofLayer = new Map();
  for (const [key, values] of state.chosen) {
    const field = byKey.get(key);
    if (field.field === undefined && key === 'annotator') ofRow.push(row => row[8].some(one => values.has(one)));
    else if (key === 'state') ofRow.push(row => values.has(String(row[7])));
    else if (key === 'case') { const numbers = new Set([...values].map(Number)); ofRow.push(row => pairsHave(row[6], numbers)); }
    else if (!field.layer) {
      const column = at(field.field);
      ofRow.push(row => { const value = row[3][column]; return Array.isArray(value) ? value.some(one => values.has(one)) : values.has(String(value)); });
    } else {
      const numbers = labelNumbers(field, values);
      ofRow.push(row => pairsHave(row[5], numbers));
      if (!ofLayer.has(field.layer)) ofLayer.set(field.layer, []);
      ofLayer.get(field.layer).push(numbers);
    }
  }
  return {ofRow, ofLayer};
};
const fits = (record, tests) => tests.every(numbers => record[1].some(one => numbers.has(one)));

const titleOf = article => article.folded ??= fold([article.row[1], article.row[0], ...article.row[3].filter(one => typeof one === 'string')].join(' | '), true);
const holds = (article, words) => words.every(word => foldedText(article.part, article.i, words.kinds).includes(word) || titleOf(article).includes(word));

const wordsOf = (article, record) => { // the words of a record as the article has them
  const text = article.part.texts?.[article.i];
  if (!text) return '';
  const pieces = [];
  for (let i = 0; i < record[2].length; i += 2) pieces.push(text.slice(record[2][i], record[2][i + 1]));
  return pieces.join(' … ');
};
const recordHolds = (article, record, names, words) => {
  const text = article.part.texts?.[article.i], folded = text ? foldedText(article.part, article.i, words.kinds) : '';
  let said = '';
  if (text && text.length === folded.length) for (let i = 0; i < record[2].length; i += 2) said += ` ${folded.slice(record[2][i], record[2][i + 1])}`;
  else said = fold(wordsOf(article, record), true);
  return words.every(word => said.includes(word) || record[3].some(one => names[one].includes(word)));
};

const search = async state => {
  const words = terms(state.query), {ofRow, ofLayer} = plan(state);
  const needed = [...ofLayer].filter(([layer, tests]) => tests.length > 1 || layer === state.show).map(([layer]) => layer);
  const kinds = new Set(['rows', ...needed]);
  if (state.show) kinds.add(state.show);
  if (words.length) kinds.add('text');
  await loadAll([...kinds]);
  let found = (await allArticles()).filter(one => ofRow.every(test => test(one.row)));
  for (const [layer, tests] of ofLayer) {
    if (tests.length > 1 && layer !== state.show) found = found.filter(one => (one.part.records.get(layer)[one.i] || [0, []])[1].some(record => fits(record, tests)));
  }
  if (state.order === 'new' && PUBLISHED >= 0) found.sort((a, b) => String(b.row[3][PUBLISHED] || '').localeCompare(String(a.row[3][PUBLISHED] || '')));
  if (state.order === 'records') { const size = one => one.row[4].reduce((sum, count) => sum + (count || 0), 0); found.sort((a, b) => size(b) - size(a)); }
  if (!state.show) return {found: words.length ? found.filter(one => holds(one, words)) : found, words};
  const tests = ofLayer.get(state.show) || [], records = [];
  let having = 0;
  for (const article of found) {
    const of = article.part.records.get(state.show)[article.i];
    if (!of) continue;
    const before = records.length;
    const names = words.length ? of[2] ??= of[0].map(name => fold(name, true)) : null;
    if (words.length && !words.every(word => foldedText(article.part, article.i, words.kinds).includes(word) || names.some(name => name.includes(word)))) continue;
    for (const record of of[1]) if (fits(record, tests) && (!words.length || recordHolds(article, record, names, words))) records.push([article, record, of[0]]);
    having += records.length > before;
  }
  return {found: records, having, words};
};

// ---- What is shown ----
const anchor = id => /^[A-Za-z0-9_.-]+$/.test(id) ? id : encodeURIComponent(id).replace(/[!'()*]/g, char => '%' + char.charCodeAt(0).toString(16).toUpperCase()); // as names.py
const marked = (text, words) => { // the text with the words that were searched
  const folded = fold(text, words.kinds), hits = [];
  for (const word of words) for (let i = folded.indexOf(word); i >= 0; i = folded.indexOf(word, i + word.length)) hits.push([unfold(text, folded, i), unfold(text, folded, i + word.length)]);
  hits.sort((a, b) => a[0] - b[0]);
  const made = []; let done = 0;
  for (const [start, end] of hits) {
    if (start < done) continue;
    made.push(text.slice(done, start), el('mark', {}, text.slice(start, end)));
    done = end;
  }
  return [...made, text.slice(done)];
};
const snippet = (article, words) => {
  const text = article.part.texts?.[article.i];
  if (!text) return null;
  const folded = foldedText(article.part, article.i, words.kinds);
  const rarest = words.filter(word => folded.includes(word)).sort((a, b) => b.length - a.length)[0];
  if (!rarest) return null;
  let best = -1, most = 0; // the place where most of the words are near each other
  for (let i = folded.indexOf(rarest), tries = 0; i >= 0 && tries < 50; i = folded.indexOf(rarest, i + 1), tries++) {
    const near = folded.slice(Math.max(0, i - 70), i + 110), count = words.filter(word => near.includes(word)).length;
    if (count > most) [best, most] = [i, count];
  }
  const place = unfold(text, folded, best);
  let start = Math.max(0, place - 70), end = Math.min(text.length, place + 110);
  if (start) start = Math.max(text.lastIndexOf(' ', start) + 1, start - 20);
  return el('p', {class: 'snippet', dir: 'auto'}, start ? '…' : '', ...marked(text.slice(start, end), words), end < text.length ? '…' : '');
};
const about = row => {
  const of = i => i >= 0 ? row[3][i] : null, made = el('small');
  if (of(SPLIT)) made.append(el('span', {class: 'split'}, of(SPLIT)), ' ');
  made.append(el('code', {}, row[0]));
  for (const i of config.facts) if (of(i)) made.append(' · ', el('bdi', {}, i === PUBLISHED ? of(i).slice(0, 10) : of(i)));
  if (config.states[row[7]]) made.append(' · ', el('strong', {}, config.states[row[7]]));
  return made;
};
const link = (row, fragment, ...children) => row[2] ? el('a', {href: row[2] + fragment, dir: 'auto'}, ...children) : el('bdi', {}, ...children);
const articleRow = (article, words) => {
  const {row} = article;
  const cell = el('td', {}, link(row, '', ...marked(row[1] || row[0], words)), ' ', about(row), words.length ? snippet(article, words) : null);
  return el('tr', {}, cell, ...row[4].map(count => el('td', {class: 'n'}, count === null ? '–' : number(count))));
};
const labelTitle = (() => { const titles = []; for (const one of config.labels) one.titles.forEach((title, i) => { titles[one.first + i] = one.titles.length === 2 && one.values[0] === 'true' ? (i ? '' : one.title) : title; }); return of => titles[of]; })();
const fieldTitle = of => config.labels.find(one => of >= one.first && of < one.first + one.values.length).title;
const short = text => text.length > 240 ? `${text.slice(0, 160)} … ${text.slice(-70)}` : text;
const recordItem = ([article, record, names], words) => {
  const {row} = article, said = short(wordsOf(article, record)), named = record[3].map(one => names[one]);
  const places = []; for (let i = 0; i < record[2].length; i += 2) places.push(`${record[2][i]}–${record[2][i + 1]}`);
  const head = said ? ['“', ...marked(said, words), '”'] : [named.length ? '' : places.length ? `at ${places.join(', ')}` : record[0], ...marked(named.join(' · '), words)];
  const item = el('li', {}, link(row, `#${anchor(record[0])}`, ...head));
  if (said && named.length) item.append(' ', el('bdi', {class: 'named'}, ...marked(named.join(' · '), words)));
  item.append(' ', el('span', {class: 'chips'}, ...record[1].filter(labelTitle).flatMap(one => [el('span', {class: 'chip', title: fieldTitle(one)}, labelTitle(one)), ' '])));
  item.append(' ', el('small', {}, row[1] ? el('bdi', {}, row[1]) : '', row[1] ? ' · ' : '', el('code', {}, `${row[0]}#${record[0]}`)));
  return item;
};

const list = $('list'), status = $('status'), table = list.querySelector('table');
const first = [...$('rows').children], firstPager = [...$('pager').children];
const pager = (state, last) => {
  const turn = (page, words) => {
    const button = el('button', {type: 'button'}, words);
    button.onclick = () => { tell({...state, page}); $('articles').scrollIntoView(); $('status').focus(); };
    return button;
  };
  $('pager').replaceChildren(...(last < 2 ? [] : [
    state.page > 1 ? turn(state.page - 1, '← previous') : '',
    el('span', {}, `page ${number(state.page)} of ${number(last)}`),
    state.page < last ? turn(state.page + 1, 'next →') : '',
  ]));
};
let latest = 0;
const run = async state => {
  const mine = ++latest;
  reflect(state);
  const plain = !state.query && !state.show && !state.order && !state.chosen.size && state.page === 1;
  if (plain) { // the page as it was written: nothing is loaded before something is asked
    list.replaceChildren(table);
    $('rows').replaceChildren(...first);
    $('pager').replaceChildren(...firstPager);
    status.textContent = plural(config.count, 'article');
    document.body.dataset.done = mine;
    return;
  }
  const slow = setTimeout(() => { if (mine === latest) status.textContent = 'Loading the index …'; }, 120);
  let result;
  try { result = await search(state); } catch (error) {
    if (mine === latest) status.textContent = `The index cannot be loaded (${error.message}): is the whole folder of the site here?`;
    return;
  } finally { clearTimeout(slow); }
  if (mine !== latest) return;
  const {found, words, having} = result, last = Math.max(1, Math.ceil(found.length / config.rows)), page = Math.min(state.page, last);
  const some = found.slice((page - 1) * config.rows, page * config.rows);
  if (state.show) {
    await Promise.all([...new Set(some.map(([article]) => article.part))].map(part => part.texts ? null : load([...parts].find(one => one[1] === part)[0], 'text')));
    if (mine !== latest) return;
    const title = config.layers[layerNames.indexOf(state.show)].title.toLowerCase();
    status.textContent = `${number(found.length)} ${title} in ${plural(having, 'article')}`;
    list.replaceChildren(el('ol', {class: 'records'}, ...some.map(one => recordItem(one, words))));
  } else {
    status.textContent = plural(found.length, 'article');
    list.replaceChildren(table);
    $('rows').replaceChildren(...some.map(one => articleRow(one, words)));
  }
  pager({...state, page}, last);
  document.body.dataset.done = mine;
};

// ---- The form ----
$('filters').hidden = false;
$('needs').hidden = true;
$('more').open = matchMedia('(min-width:821px)').matches;
status.tabIndex = -1;
$('show').append(el('option', {value: ''}, 'articles'), ...config.layers.map(one => el('option', {value: one.name}, one.title.toLowerCase())));
const boxes = new Map();
let group = '';
for (const field of fields) {
  if (field.group !== group) { group = field.group; $('fields').append(el('p', {class: 'group'}, group)); }
  const body = el('fieldset', {}, el('legend', {class: 'out'}, `${field.group}: ${field.title}`));
  const count = el('b'), details = el('details', {}, el('summary', {}, field.title, ' ', count), body);
  boxes.set(field.key, {inputs: [], count, details});
  field.values.forEach((value, i) => {
    const input = el('input', {type: 'checkbox', value});
    input.onchange = () => {
      const state = asked(), values = new Set(state.chosen.get(field.key));
      if (input.checked) values.add(value); else values.delete(value);
      if (values.size) state.chosen.set(field.key, values); else state.chosen.delete(field.key);
      tell({...state, page: 1});
    };
    boxes.get(field.key).inputs.push(input);
    body.append(el('label', {}, input, ' ', el('bdi', {}, field.titles[i]), field.counts ? el('small', {}, ` ${number(field.counts[i])}`) : null));
  });
  $('fields').append(details);
}
const reflect = state => { // the form shows what is asked, also after the address changed
  if ($('q').value !== state.query) $('q').value = state.query;
  $('show').value = state.show;
  $('order').value = state.order;
  for (const [key, {inputs, count, details}] of boxes) {
    const values = state.chosen.get(key);
    inputs.forEach(input => { input.checked = Boolean(values?.has(input.value)); });
    count.textContent = values ? `(${values.size})` : '';
    if (values) details.open = $('more').open = true;
  }
  $('clear').disabled = !state.query && !state.show && !state.order && !state.chosen.size;
};
$('q').addEventListener('input', () => tell({...asked(), query: $('q').value.trim(), page: 1}, true));
$('show').onchange = () => tell({...asked(), show: $('show').value, page: 1});
$('order').onchange = () => tell({...asked(), order: $('order').value, page: 1});
$('clear').onclick = () => { tell({query: '', show: '', order: '', chosen: new Map(), page: 1}); $('q').focus(); };
$('filters').onsubmit = event => event.preventDefault();
addEventListener('popstate', () => run(asked()));
addEventListener('keydown', event => {
  if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); $('q').focus(); }
});
for (const cell of document.querySelectorAll('[data-filter]')) { // a label of the tables below leads to its records
  const {filter, value, show} = cell.dataset;
  if (!byKey.get(filter)?.values.includes(value)) continue;
  const given = new URLSearchParams([[filter, value], ...(show ? [['show', show]] : [])]);
  const anchor = el('a', {href: `#${given}`}, ...cell.childNodes);
  anchor.onclick = event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    tell({query: '', order: '', show: show || '', chosen: new Map([[filter, new Set([value])]]), page: 1});
    $('articles').scrollIntoView();
    status.focus({preventScroll: true});
  };
  cell.append(anchor);
}
run(asked());
})();
