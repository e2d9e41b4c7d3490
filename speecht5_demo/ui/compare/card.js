// One sample: player, scale, and, once the server tells, its name and figures.
// WORDS, lowest score first, and QUESTION are put in front by board.py.

// ---- a sample of a checkpoint that does not speak: figures only ----
const makeSilentCard = (data) => {
  const title = h('h3', { 'aria-level': 2 });
  const facts = h('div', { style: 'display:grid;gap:12px' });
  const node = h('section', { class: 'card new', 'data-letter': data.letter },
    h('header', {}, h('div', { class: 'letter', 'aria-hidden': 'true' }, data.letter), title, h('p', {}, 'Speed and size only')), facts);
  return {
    node, audio: null, refresh: () => {}, leave: () => {},
    update: (next) => { title.textContent = next.reveal.label; facts.replaceChildren(...figures(next, next.reveal)); },
  };
};

// ---- one sample: player, scale, and, once the server tells, its name and figures ----
const playerWords = (letter) => ({
  play: `Play sample ${letter}`,
  pause: `Pause sample ${letter}`,
  position: `Position in sample ${letter}`,
  of: (at, total) => `${at.toFixed(1)} of ${total ? total.toFixed(1) : 'so far unknown'} seconds`,
  broken: (whole) => (whole ? 'no longer kept: press Speak' : 'plays when whole'),
});
const makeCard = (run, data) => {
  const player = makePlayer({
    words: playerWords(data.letter),
    onState: () => { card.refresh(); refreshTransport(); },
    onEnd: () => transport.ended(card),
  });
  const link = h('a', { class: 'download' }, 'Download WAV');
  const title = h('h3', { id: `title-${data.ticket}`, 'aria-level': 2 });
  const subtitle = h('p');
  const slots = { top: h('div'), rating: h('div'), facts: h('div', { style: 'display:grid;gap:12px' }), link: h('div') };
  const node = h('section', { class: 'card new', tabindex: -1, 'aria-labelledby': `title-${data.ticket}`, 'data-letter': data.letter },
    h('header', {}, h('div', { class: 'letter', 'aria-hidden': 'true' }, data.letter), title, subtitle),
    slots.top, player.node, slots.rating, slots.facts, slots.link);

  const scale = makeScale(run, data, player);
  const card = {
    node, letter: data.letter, audio: player.audio, start: player.start, leave: player.leave,
    refresh: () => scale.heardMore(),
    update: (next) => {
      data = next;
      const { reveal, audio } = next;
      if (audio.live) player.grow((element) => playLive(element, root + audio.live));
      else player.load(root + audio.url, audio.seconds, true);
      player.audio.volume = audio.volume ?? 1;
      node.classList.toggle('live', !!audio.live);
      title.textContent = reveal ? reveal.label : next.label ?? `Sample ${next.letter}`;
      subtitle.textContent = audio.live ? 'Being made: listen already' : reveal ? `Sample ${next.letter}, voice ${reveal.voice}` : 'Name hidden until all are rated';
      slots.top.replaceChildren(...(!next.cut_off ? [] : [h('p', { class: 'cut' }, 'Cut off: this variant did not stop by itself.')]));
      if (next.rating && !(next.may_correct && scale.correcting())) {
        const change = () => { scale.correct(next.rating); slots.rating.replaceChildren(scale.node); scale.focus(); };
        slots.rating.replaceChildren(ratedLine(next, next.may_correct && change));
      } else if (!audio.live && next.scored !== false && !slots.rating.contains(scale.node)) slots.rating.replaceChildren(scale.node);
      if (!audio.live) {
        link.href = `${root}${audio.taken}`;
        link.setAttribute('download', audio.download);
        link.setAttribute('aria-label', `Download sample ${next.letter} as WAV`);
        slots.link.replaceChildren(link);
      }
      const key = JSON.stringify(reveal ?? null);
      if (slots.facts.dataset.key !== key) {
        slots.facts.dataset.key = key;
        slots.facts.replaceChildren(...(reveal ? figures(next, reveal) : []));
      }
    },
  };
  node.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key >= '1' && event.key <= '5' && node.contains(scale.node)) scale.choose(Number(event.key));
    else if (event.key.toLowerCase() === 'p') player.press();
    else return;
    event.preventDefault();
  };
  return card;
};

// A rating can be corrected until the names are known.
const ratedLine = ({ letter, rating }, change) => h('div', { class: 'rated' },
  h('span', { role: 'status' }, 'Saved. You rated it ', h('b', {}, `${rating} ${WORDS[rating - 1]}`), '.'),
  change && h('button', { type: 'button', class: 'rated-change', 'aria-label': `Change the rating of sample ${letter}`, onclick: change }, 'Change'));

// Sends an answer and draws what the server says; what it does not confirm is an error.
const sendRating = async (told, samples, node) => {
  const answer = await server.rate({
    ...told, listener: window.speecht5.listener(), device: matchMedia('(pointer: coarse)').matches ? 'touch' : 'mouse',
  });
  if (!answer?.saved) throw new Error(answer?.problem || '');
  samples.forEach((sample) => sample.audio.pause());
  return () => {
    view.again = null;
    if (answer.board) draw(answer.board);
    moveOn(node.closest('.card'));
  };
};

const makeScale = (run, data, player) => makeChoice({
  name: `score-${data.ticket}`, legend: QUESTION, words: WORDS, low: 1,
  heardAll: () => player.heard.plays > 0, listen: 'Listen before saving', choose: 'Choose 1 to 5',
  send: (value, correct) => sendRating({
    ticket: data.ticket, rating: value, correct, plays: player.heard.plays, heard_fraction: player.heardFraction(),
    response_s: (performance.now() - player.heard.since) / 1000,
  }, [player], player.node),
});

// A question with a few answers, `low` the first one's value. `send(value, correct)` returns what happens after a save.
const makeChoice = ({ name, legend, words, low, heardAll, listen, choose: ask, send: post }) => {
  let value = null;
  let busy = false;
  let before = null;
  const label = (each) => (low === 1 ? `${each} ${words[each - low]}` : words[each - low]);
  const note = h('p', { class: 'note', role: 'status' });
  const save = h('button', { type: 'button', class: 'save' });
  const radios = words.map((word, i) => h('input', {
    type: 'radio', name, value: i + low, 'aria-label': label(i + low), onchange: () => choose(i + low),
  }));
  const options = words.map((word, i) => h('label', {}, radios[i], h('span', { 'aria-hidden': 'true' }, h('b', {}, String(i + 1)), word)));
  const node = h('fieldset', {}, h('legend', {}, legend), h('div', { class: `scale of-${words.length}` }, ...options), save, note);

  const say = (text, wrong = false) => { note.textContent = text; note.classList.toggle('wrong', wrong); };
  const mayRate = () => heardAll() || before !== null;
  const refresh = () => {
    const ready = value !== null && mayRate() && !busy;
    save.classList.toggle('ready', ready);
    save.setAttribute('aria-disabled', String(!ready));
    save.textContent = busy ? 'Saving…'
      : before !== null ? `${value === before ? 'Keep' : 'Change to'} ${label(value)}`
      : value === null ? ask : mayRate() ? `Save ${label(value)}` : listen;
  };
  const choose = (chosen) => {
    if (busy) return;
    value = chosen;
    radios.forEach((radio) => { radio.checked = Number(radio.value) === chosen; });
    (radios.find((radio) => radio.checked) ?? save).focus({ preventScroll: true });
    refresh();
  };
  const send = async () => {
    if (busy) return;
    if (value === null) return say(`${ask} first.`);
    if (!mayRate()) return say('Play the sample first, then save your rating.');
    busy = true; say(''); refresh();
    try {
      const after = await post(value, before !== null);
      busy = false;
      before = null;
      after();
    } catch (error) {
      busy = false; refresh();
      say(`Not saved: ${error?.message || 'the server did not answer'} Press save to try again.`, true);
    }
  };
  save.onclick = send;
  node.onkeydown = (event) => {
    if (event.key === 'Enter' && event.target !== save) { event.preventDefault(); send(); }
  };
  refresh();
  return {
    node, choose,
    heardMore: () => { if (!busy && !note.classList.contains('wrong')) say(''); refresh(); },
    // The answer that was saved, to be changed.
    correct: (saved) => { before = value = saved; radios.forEach((radio, i) => { radio.checked = i + low === saved; }); refresh(); },
    correcting: () => before !== null,
    focus: () => radios.find((radio) => radio.checked)?.focus({ preventScroll: true }),
  };
};
