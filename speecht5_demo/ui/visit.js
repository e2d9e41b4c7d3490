// What a page knows of its visitor, for all scripts of the page.
window.speecht5 = {
  // A text in the language of the page, with its placeholders filled; page.js brings the texts of another than English.
  t(text, values = {}) {
    const said = window.speecht5Language?.texts[text] ?? text;
    return said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  },
  // What stands in the fields, in their order; named as in the link of a comparison.
  FIELDS: ['text', 'voice', 'blend', 'upload', 'share', 'seed', 'versions', 'own', 'pruned', 'int8', 'include', 'exclude', 'repeats', 'blind', 'pairs'],
  DRAFT: 'speecht5-draft',

  // Fields survive a reload and the way back, as long as the address is the same.
  keep(values) {
    const told = Object.fromEntries(this.FIELDS.map((name, i) => [name, values[i]]));
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...told, versions: (told.versions ?? []).join(' ') })) {
      if (value != null && value !== '') parts.set(name, typeof value === 'boolean' ? Number(value) : value);
    }
    try { sessionStorage.setItem(this.DRAFT, JSON.stringify({ of: location.hash, draft: parts.toString() })); } catch { /* not kept */ }
  },
  // What an earlier page left: read before this page's fields are drawn, for each is kept as it is drawn.
  earlier: (() => { try { return JSON.parse(sessionStorage.getItem('speecht5-draft')); } catch { return null; } })(),
  draft() {
    return this.earlier?.of === location.hash ? this.earlier.draft : null;
  },
  arrived() {
    return JSON.stringify({ link: location.hash.slice(1), draft: this.draft(), listener: this.listener() });
  },
  // Once the page is there: a link opens its comparison, a draft fills the fields.
  arrive() {
    const button = /[#&]run=/.test(location.hash) ? '#reopen' : location.hash.length > 1 || this.draft() ? '#refill' : null;
    if (button) document.querySelector(button)?.click();
  },
  // The address of what is heard now; its fields are those that were sent.
  at(link) {
    if (!link || location.hash === `#${link}`) return;
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.DRAFT));
      if (kept) sessionStorage.setItem(this.DRAFT, JSON.stringify({ ...kept, of: `#${link}` }));
    } catch { /* not kept */ }
    history.replaceState(history.state, '', `${location.pathname}${location.search}#${link}`); // not of the page's base
  },

  // One random word a browser, so that all ratings of one person can be told from those of others. Nothing else is kept.
  listener() {
    const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    try {
      const known = localStorage.getItem('speecht5-listener') || fresh();
      localStorage.setItem('speecht5-listener', known);
      return known;
    } catch {
      return (this.word ??= fresh());
    }
  },
};
// A link that is put into the address of an open page opens as in a new one.
window.addEventListener('hashchange', () => location.reload());
// Speak cannot be pressed while it works, and a browser takes the focus from what cannot be pressed: it is given back.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('#speak');
  if (!button) return;
  const watch = new MutationObserver(() => {
    if (button.disabled) return;
    watch.disconnect();
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  });
  watch.observe(button, { attributes: true, attributeFilter: ['disabled'] });
}, true);
