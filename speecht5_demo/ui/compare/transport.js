// One transport over all cards: play and pause, loop, all in turn, and from one sample to another at the same place.
// Letters choose a sample and arrows the next; a card's own keys (1 to 5, P) stay its own.
const view = { run: null, opened: 0, revision: -1, cards: new Map(), played: false };
const transport = { current: null, all: false };
const whole = () => [...view.cards.values()].filter((card) => card.audio && !card.node.classList.contains('live'));
const loop = h('input', { type: 'checkbox', id: 'board-loop' });
const toggle = h('button', { type: 'button', class: 'transport-play' }, 'Play');
const everything = h('button', { type: 'button' }, 'Play all in turn');
const letters = h('span', { class: 'transport-letters', role: 'group', 'aria-label': 'Switch to a sample at the same place' });
const bar = h('div', { class: 'transport', role: 'group', 'aria-label': 'All samples', hidden: true },
  toggle, everything, h('label', { for: 'board-loop' }, loop, ' Loop'), letters);

const playing = () => whole().find((card) => !card.audio.paused);
const switchTo = (card) => {
  const from = playing() ?? transport.current;
  transport.current = card;
  const at = from && from !== card && !from.audio.ended ? from.audio.currentTime : card.audio.ended ? 0 : card.audio.currentTime;
  from?.audio.pause();
  if (at < (card.audio.duration || Infinity)) card.audio.currentTime = at;
  card.start();
};
const startAll = () => {
  const [first] = whole();
  if (!first) return;
  transport.all = true;
  transport.current = first;
  playing()?.audio.pause();
  first.audio.currentTime = 0;
  first.start();
};
const afterEnd = (card) => {
  if (transport.all) {
    const cards = whole();
    const next = cards[cards.indexOf(card) + 1] ?? (loop.checked ? cards[0] : null);
    if (next) { transport.current = next; next.audio.currentTime = 0; next.start(); } else transport.all = false;
  } else if (loop.checked) { card.audio.currentTime = 0; card.start(); }
};
toggle.onclick = () => {
  const now = playing();
  transport.all = false;
  if (now) return now.audio.pause();
  const card = transport.current && whole().includes(transport.current) ? transport.current : whole()[0];
  if (card) { transport.current = card; card.start(); }
};
everything.onclick = startAll;
const refreshTransport = () => {
  const cards = whole();
  bar.hidden = cards.length < 2;
  const now = playing();
  toggle.textContent = now ? 'Pause' : 'Play';
  const key = cards.map((card) => card.letter).join('');
  if (letters.dataset.key !== key) {
    letters.dataset.key = key;
    letters.replaceChildren(...cards.map((card) =>
      h('button', { type: 'button', 'aria-label': `Switch to sample ${card.letter}`, onclick: () => { transport.all = false; switchTo(card); } }, card.letter)));
  }
  [...letters.children].forEach((button, i) => button.setAttribute('aria-pressed', String(cards[i] === (now ?? transport.current))));
};
const transportKeys = (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.closest?.('#text')) {
    event.preventDefault();
    return document.querySelector('#speak')?.click();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || bar.hidden) return;
  if (event.target.closest?.('input:not([type=radio]):not([type=checkbox]), textarea, select, [role=listbox], [contenteditable]')) return;
  const cards = whole();
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const now = playing();
  if (step && now && event.target.closest?.('.transport, body > *') && !event.target.closest?.('fieldset')) {
    event.preventDefault();
    return switchTo(cards[(cards.indexOf(now) + step + cards.length) % cards.length]);
  }
  const card = event.key.length === 1 && cards.find((each) => each.letter === event.key.toUpperCase());
  if (card) { event.preventDefault(); transport.all = false; switchTo(card); }
};
document.removeEventListener('keydown', window.speecht5Keys);
window.speecht5Keys = transportKeys;
document.addEventListener('keydown', transportKeys);
