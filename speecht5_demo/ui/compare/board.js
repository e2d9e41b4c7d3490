// The whole board. `props.value` is the snapshot that the server lets this page know; nothing else is kept here.
// Cards are made once and then changed in place, so audio plays on while other cards arrive.
const board = element.querySelector('.board');
const view = { run: null, opened: 0, revision: -1, cards: new Map(), named: false, played: false, pair: null, again: null };

// After a save the keyboard's focus goes to the next sample without a rating, or to the reveal.
const moveOn = (card) => {
  const open = [...board.querySelectorAll('.card')].find((other) => other.querySelector('fieldset'));
  const target = open?.querySelector('.play') ?? board.querySelector('.reveal') ?? card;
  target?.focus({ preventScroll: target === card });
  if (target?.scrollIntoView && !open) target.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
};

const areas = { state: h('div', { class: 'area-state' }), reveal: h('div', { class: 'area-reveal' }), heard: h('div', { class: 'area-heard' }), cards: h('div', { class: 'cards' }) };
const status = h('p', { class: 'status', role: 'status' });
const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
const spoken = h('p', { class: 'spoken' });
const track = h('div', { class: 'track', role: 'progressbar', 'aria-label': t('Progress'), 'aria-valuemin': 0, 'aria-valuemax': 100 }, h('span'));
const region = h('div', { class: 'reveal', tabindex: 0, role: 'region', 'aria-label': t('What you heard and what it costs') });
const shareNote = h('span', { class: 'share-note' });
const shareText = h('code', { hidden: true });
const shareButton = h('button', { type: 'button', class: 'share-link', onclick: async () => {
  shareText.textContent = location.href;
  shareText.hidden = false;
  const done = await copied(location.href, shareText);
  shareButton.textContent = done ? t('Link copied') : t('Select the link and copy it');
} }, t('Copy a link to this comparison'));
const share = h('div', { class: 'share', hidden: true }, shareButton, shareNote, shareText);
const levels = h('p', { class: 'levels', hidden: true });
const left = h('p', { class: 'left', hidden: true });
const stateBox = h('div', { class: 'state' }, status, problem, stale, track, left, spoken, levels, share);

// A visitor who pressed Speak wants to see what comes of it, also on a small screen.
const showBoard = () => {
  if (stateBox.getBoundingClientRect().top < 0.55 * innerHeight) return;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  stateBox.scrollIntoView({ block: 'start', behavior: calm ? 'auto' : 'smooth' });
};
// What comes in above the samples must not move one that somebody is about to press: the page scrolls along.
const samplesInPlace = (change) => {
  const seen = [...areas.cards.children].find((node) => node.getBoundingClientRect().bottom > 0);
  const before = seen?.getBoundingClientRect().top;
  change();
  if (!(before < innerHeight)) return;
  const moved = seen.getBoundingClientRect().top - before;
  if (moved) scrollBy({ top: moved, behavior: 'instant' });  // none would end a smooth scrolling that is under way
};
const complain = (sentence) => {
  problem.hidden = !sentence;
  if (problem.textContent !== (sentence || '')) problem.textContent = sentence || '';
};
// Who pressed Speak with the names shown hears the first voice that can be played while it is made, and no second one;
// where it was whole before this page could ask for it, or where no page can ask, it plays as a whole.
const playFirst = (card) => {
  if (view.played) return;
  view.played = true;
  if ([...players].every((audio) => audio.paused)) card.start();
};
const drawRun = (value) => {
  if (!value || !value.run && !value.problem) return;
  if (value.run && (value.opened < view.opened || (value.run === view.run && value.revision < view.revision))) return;
  if (!areas.cards.isConnected) board.replaceChildren(areas.state, areas.reveal, areas.heard, bar, areas.cards);
  if (!stateBox.isConnected) areas.state.append(stateBox);
  if (!value.run) return complain(value.problem);
  if (value.run !== view.run) {
    view.cards.forEach((card) => card.leave());
    view.pair?.leave();
    view.pair = view.again = null;
    pairArea.replaceChildren();
    view.cards.clear();
    view.played = view.named = false;
    areas.cards.replaceChildren();
    areas.reveal.replaceChildren();
    stopAsking();
  }
  if (value.run !== view.run) {
    shareButton.textContent = t('Copy a link to this comparison');
    shareText.hidden = true;
    requestAnimationFrame(showBoard);
    noteAsked(value.link);
  }
  view.run = value.run;
  view.opened = value.opened;
  view.revision = value.revision;
  if (status.textContent !== value.status) status.textContent = value.status;
  left.hidden = !value.left;
  left.textContent = value.left;
  complain(value.problem);
  track.hidden = value.progress == null;
  if (value.progress != null) {
    track.setAttribute('aria-valuenow', Math.round(100 * value.progress));
    track.classList.add('busy');
    track.firstChild.style.width = `${Math.max(3, 100 * value.progress)}%`;
  }
  spoken.hidden = !value.spoken;
  spoken.replaceChildren(t('{voice} says:', value), ' ', h('q', { translate: 'no' }, value.spoken || ''));
  window.speecht5.at(value.link);
  refreshStale();
  levels.hidden = !value.levels;
  levels.textContent = value.levels;
  share.hidden = !value.link;
  shareNote.textContent = value.share;

  areas.cards.querySelectorAll('.waiting').forEach((placeholder) => placeholder.remove());
  const cards = (value.cards ?? []).filter((data) => !data.audio?.live || canPlayLive);
  for (const data of cards) {
    let card = view.cards.get(data.ticket);
    if (!card) {
      card = data.audio ? makeCard(value.run, data) : makeSilentCard(data);
      view.cards.set(data.ticket, card);
      areas.cards.append(card.node);
    }
    card.update(data);
    if (data.audio?.live || data.audio?.at_once) playFirst(card);
  }
  // A sample that was stopped while it was made is none.
  for (const [ticket, card] of view.cards) {
    if (cards.some((data) => data.ticket === ticket)) continue;
    card.leave();
    card.node.remove();
    view.cards.delete(ticket);
  }
  for (let i = cards.length; i < (value.expected ?? 0); i++) {
    areas.cards.append(h('div', { class: 'card waiting', 'aria-hidden': 'true' },
      h('header', {}, h('div', { class: 'letter' }, String.fromCharCode(65 + i)), h('h3', {}, i === cards.length ? value.making?.words ?? t('Waiting') : t('Waiting'))),
      h('div', { class: 'placeholder' }, i === cards.length && value.making?.share != null && h('span', { style: `width:${100 * value.making.share}%` }))));
  }
  if (value.pairs && !pairArea.isConnected) areas.cards.before(pairArea);
  drawPairs(value);
  refreshTransport();
  const key = JSON.stringify(value.table ?? null);
  if (areas.reveal.dataset.key !== key) {
    areas.reveal.dataset.key = key;
    if (!value.table) region.remove();
    else if (!region.isConnected) areas.reveal.append(region);
    region.replaceChildren(...(value.table ? revealTable(value) : []));
  }
  drawHeard(areas.heard, value.heard);
  view.named = cards.some((data) => data.reveal);
};
// In a blind run the table is what everybody waits for, and may move the rest.
const draw = (value) => {
  if (value?.run === view.run && view.named) samplesInPlace(() => drawRun(value));
  else drawRun(value);
};
window.speecht5.complain = (sentence) => draw({ run: null, problem: sentence });
draw(props.value);
watch('value', () => draw(props.value));
