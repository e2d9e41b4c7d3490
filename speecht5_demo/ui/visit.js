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

  named(values) { return Object.fromEntries(this.FIELDS.map((name, i) => [name, values[i]])); },
  // Fields survive a reload and the way back, as long as the address is the same; so does what the samples were asked with.
  keep(values) {
    this.fields = this.named(values);
    this.save();
    this.noteFields?.();
  },
  save() {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...this.fields, versions: (this.fields.versions ?? []).join(' ') })) {
      if (value != null && value !== '') parts.set(name, typeof value === 'boolean' ? Number(value) : value);
    }
    const kept = { of: location.hash, draft: parts.toString(), asked: this.asked };
    try { sessionStorage.setItem(this.DRAFT, JSON.stringify(kept)); } catch { /* not kept */ }
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
  arrive(values) {
    this.fields ??= this.named(values);
    const button = /[#&]run=/.test(location.hash) ? '#reopen' : location.hash.length > 1 || this.draft() ? '#refill' : null;
    this.filling = !!button;
    if (button) document.querySelector(button)?.click();
  },
  // The fields hold what was sent for; what was typed meanwhile stays.
  filled(values) {
    const area = this.typed;
    this.filling = false;
    this.typed = null;
    this.keep(area ? [area.text, ...values.slice(1)] : values);
    if (!area) return;
    area.field.value = area.text;
    area.field.dispatchEvent(new Event('input', { bubbles: true }));
  },

  // Speak, from its press until its answer: it cannot be pressed again, so that no press is lost.
  ask(sent) {
    const values = sent.slice(0, -1);
    this.filling = false;
    this.refusal = null;
    this.pressed = this.fields = this.named(values);
    document.querySelector('#speak')?.setAttribute('aria-disabled', 'true');
    return [...values, this.listener()];
  },
  answered() { document.querySelector('#speak')?.removeAttribute('aria-disabled'); },
  unanswered() {
    this.answered();
    this.complain?.(this.refusal ?? this.t('The server did not answer. Press the button again.'));
  },
  // The address of what is heard now; its fields are those that were sent.
  at(link) {
    if (!link || location.hash === `#${link}`) return;
    history.replaceState(history.state, '', `${location.pathname}${location.search}#${link}`); // not of the page's base
    if (this.fields) this.save();
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
if (window.speecht5.earlier?.of === location.hash) window.speecht5.asked = window.speecht5.earlier.asked;
// Too much or too often: why the server refuses, in a sentence for the visitor. Gradio's page keeps it to itself.
const fetched = window.fetch;
window.fetch = async (...sent) => {
  const answer = await fetched(...sent);
  if ([413, 429].includes(answer.status)) {
    const told = await answer.clone().json().catch(() => null);
    if (typeof told?.detail === 'string') window.speecht5.refusal = told.detail;
  }
  return answer;
};
// What is typed before the fields are filled.
document.addEventListener('input', (event) => {
  const field = event.target;
  if (field.matches?.('#text textarea')) window.speecht5.typed = { field, text: field.value };
}, true);
// A link that is put into the address of an open page opens as in a new one.
window.addEventListener('hashchange', () => location.reload());
// Speak cannot be pressed while it works, and a browser takes the focus from what cannot be pressed: it is given back.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('#speak');
  if (!button) return;
  if (button.hasAttribute('aria-disabled')) return event.stopImmediatePropagation();
  const watch = new MutationObserver(() => {
    if (button.disabled) return;
    watch.disconnect();
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  });
  watch.observe(button, { attributes: true, attributeFilter: ['disabled'] });
}, true);
