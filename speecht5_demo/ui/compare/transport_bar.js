// The bar over all cards: play and pause, loop, all in turn, and a letter for each sample.
const whole = () => [
  ...(view.pair?.samples ?? []), ...[...view.cards.values()].filter((card) => card.audio && !card.node.classList.contains('live')),
];
const loop = h('input', { type: 'checkbox', id: 'board-loop' });
const transport = makeTransport({ list: whole, loop: () => loop.checked });
const toggle = h('button', { type: 'button', class: 'transport-play', onclick: transport.toggle }, t('Play'));
const everything = h('button', { type: 'button', onclick: transport.playInTurn }, t('Play all in turn'));
const letters = h('span', { class: 'transport-letters', role: 'group', 'aria-label': t('Switch to a sample at the same place') });
const bar = h('div', { class: 'transport', role: 'group', 'aria-label': t('All samples'), hidden: true },
  toggle, everything, h('label', { for: 'board-loop' }, loop, ` ${t('Loop')}`), letters,
  h('span', { class: 'transport-keys' }, t('Keys: a letter plays that sample from the same place, left and right arrows the next one.')));

const refreshTransport = () => {
  const cards = whole();
  bar.hidden = cards.length < 2;
  toggle.textContent = transport.playing() ? t('Pause') : t('Play');
  const key = cards.map((card) => card.letter).join('');
  if (letters.dataset.key !== key) {
    letters.dataset.key = key;
    // A button stays where another sample takes its letter: the next pair, or the card after the reveal.
    letters.replaceChildren(...cards.map(({ letter }) => h('button', {
      type: 'button', 'aria-label': t('Switch to sample {letter}', { letter }),
      onclick: () => transport.switchTo(whole().find((each) => each.letter === letter)),
    }, letter)));
  }
  [...letters.children].forEach((button, i) => button.setAttribute('aria-pressed', String(cards[i] === transport.chosen())));
};
const boardKeys = (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.('#text')) {
    event.preventDefault();
    document.querySelector('#speak')?.click();
  } else if (!bar.hidden) transport.key(event);
};
document.removeEventListener('keydown', window.speecht5Keys);
window.speecht5Keys = boardKeys;
document.addEventListener('keydown', boardKeys);
