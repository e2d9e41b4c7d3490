// Votes on pairs: two samples without names at a time, which sounds better? One pair after the other, in both orders.
// PAIR_ANSWERS, for -1, 0 and +1, and PAIR_QUESTION are put in front by board.py.
const makePairCard = (run, pair, total) => {
  const names = [t('First'), t('Second')];
  const samples = pair.clips.map((clip, i) => {
    const player = makePlayer({
      words: playerWords(t(['first', 'second'][i])),
      onState: () => { choice.heardMore(); refreshTransport(); },
      onEnd: () => transport.ended(sample),
    });
    const sample = { ...player, letter: ['A', 'B'][i] };
    player.load(root + clip.url, clip.seconds, true);
    player.audio.volume = clip.volume;
    return sample;
  });
  const choice = makeChoice({
    name: `vote-${pair.ticket}`, legend: t(PAIR_QUESTION), words: PAIR_ANSWERS.map((answer) => t(answer)), low: -1,
    heardAll: () => samples.every((sample) => sample.heard.plays > 0), listen: t('Listen to both before saving'), choose: t('Choose an answer'), first: t('Choose an answer first.'),
    send: (value, correct) => sendRating({
      ticket: pair.ticket, rating: value, correct, plays: samples.reduce((sum, sample) => sum + sample.heard.plays, 0),
      heard_fraction: Math.min(...samples.map((sample) => sample.heardFraction())),
      response_s: (performance.now() - Math.min(...samples.map((sample) => sample.heard.since ?? performance.now()))) / 1000,
    }, samples, node),
  });
  const node = h('section', { class: 'card pair new', tabindex: -1, 'aria-label': t('Pair {place} of {total}', { place: pair.place, total }) },
    h('header', {}, h('h3', { 'aria-level': 2 }, t('Pair {place} of {total}', { place: pair.place, total })), h('p', {}, t('Names hidden until all pairs are voted on'))),
    ...samples.map((sample, i) => h('div', { class: 'pair-sample' }, h('span', { class: 'letter', 'aria-hidden': 'true' }, sample.letter), h('b', {}, names[i]), sample.node)),
    choice.node);
  node.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[123]$/.test(event.key)) return;
    choice.choose(Number(event.key) - 2);
    event.preventDefault();
  };
  return { node, samples, ticket: pair.ticket, choice, leave: () => samples.forEach((sample) => sample.leave()) };
};

const pairArea = h('div', { class: 'pairs' });
const drawPairs = (value) => {
  const pairs = value.pairs ?? [];
  const open = pairs.find((pair) => pair.ticket === view.again) ?? pairs.find((pair) => pair.vote === null);
  if (view.pair && view.pair.ticket !== open?.ticket) {
    view.pair.leave();
    view.pair = null;
    pairArea.replaceChildren();
  }
  if (!open) return pairArea.remove();
  if (!view.pair) {
    view.pair = makePairCard(value.run, open, pairs.length);
    if (open.vote !== null) view.pair.choice.correct(open.vote);
    const last = pairs[pairs.indexOf(open) - 1];
    const back = last && h('button', { type: 'button', class: 'rated-change', onclick: () => { view.again = last.ticket; drawPairs(value); refreshTransport(); } }, t('Change the last vote'));
    pairArea.replaceChildren(...[view.pair.node, back].filter(Boolean));
  }
};
