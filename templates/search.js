// The site's search. Indexes are scripts, one a month, since a page opened from a disk may not fetch.
(() => {
  'use strict';
  const place = document.querySelector('.finder');
  if (!place) return;
  const at = name => place.querySelector(`[data-${name}]`);
  const [status, list, more, rest] = ['status', 'found', 'more', 'rest'].map(at);
  const form = place.querySelector('.search'), input = form.querySelector('input');
  const months = place.dataset.months.split(';').map(text => text.split('='));
  const plain = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const day = new Intl.DateTimeFormat(place.dataset.locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  const page = 40;
  let rows = [], read = 0, shown = page;

  window.fairCopyMonth = (month, outlets, lines) => {
    for (const [story, number, title, text, called, language] of lines) {
      const names = called.map(place => outlets[place]);
      rows.push({ story, title, text, names, language, date: `${month}-${String(number).padStart(2, '0')}`,
        head: plain(title), all: plain([title, text, ...names].join(' ')) });
    }
  };

  const load = number => new Promise(done => {  // a month without an index is passed over
    const script = document.createElement('script');
    script.src = `search/${months[number][0]}.js`;
    script.onload = script.onerror = () => { script.remove(); done(); };
    document.head.append(script);
  });

  const readOn = async () => {
    if (read >= months.length) return;
    status.textContent = status.dataset.loading.replace('{month}', months[read][1]);
    await load(read);
    read += 1;
    show();
  };

  const element = (name, text, css) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (css) made.className = css;
    return made;
  };

  const foreign = (text, language) => {
    const made = element('bdi', text);
    if (language) made.lang = language;
    return made;
  };

  const line = row => {
    const item = element('li', '', 'piece'), head = element('h2'), link = element('a'), by = element('p', '', 'by');
    link.href = `story/${row.story}.html`;
    link.append(foreign(row.title, row.language));
    head.append(link);
    item.append(head);
    if (row.text) {
      const text = element('p', '', 'extract');
      text.append(foreign(row.text, row.language));
      item.append(text);
    }
    const time = element('time', day.format(new Date(`${row.date}T00:00Z`)));
    time.dateTime = row.date;
    row.names.slice(0, 4).forEach((name, number) => by.append(number ? ', ' : '', element('bdi', name)));
    by.append(row.names.length > 4 ? ', … ' : ', ', time);
    item.append(by);
    return item;
  };

  const search = () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const weight = row => words.every(word => row.head.includes(word)) ? 1 : 0;
    return rows.filter(row => words.every(word => row.all.includes(word)))
      .map(row => [weight(row), row])
      .sort((a, b) => b[0] - a[0] || (a[1].date < b[1].date) - (a[1].date > b[1].date) || b[1].story - a[1].story)
      .map(pair => pair[1])
      .filter((row, number, all) => all.findIndex(other => other.story === row.story) === number);
  };

  const show = () => {
    const found = search();
    const words = status.dataset[!found?.length ? 'none' : found.length === 1 ? 'one' : 'many'];
    status.textContent = found && read ? words.replace('{n}', found.length).replace('{month}', months[read - 1][1]) : '';
    list.replaceChildren(...(found || []).slice(0, shown).map(line));
    rest.hidden = !found || found.length <= shown;
    more.hidden = !found || read >= months.length;
    if (!more.hidden) more.textContent = more.dataset.words.replace('{month}', months[read][1]);
  };

  const keep = () => {
    try { history.replaceState(null, '', input.value ? `#q=${encodeURIComponent(input.value)}` : '#'); } catch { /* then the address stays */ }
  };

  const asked = () => {
    try { return decodeURIComponent((location.hash.match(/^#q=(.*)$/) || ['', ''])[1]); } catch { return ''; }
  };

  const start = () => read ? show() : readOn();
  let waiting = 0;
  input.addEventListener('input', () => {
    shown = page;
    clearTimeout(waiting);
    waiting = setTimeout(() => { keep(); start(); }, 80);
  });
  more.addEventListener('click', async () => { await readOn(); input.focus(); });
  rest.addEventListener('click', () => {
    const first = shown;
    shown += page;
    show();
    list.children[first]?.querySelector('a').focus();
  });
  window.addEventListener('hashchange', () => { input.value = asked(); start(); });
  form.hidden = false;
  at('noscript').hidden = true;
  input.value = asked();
  if (input.value) start();
  else input.focus({ preventScroll: true });
})();
