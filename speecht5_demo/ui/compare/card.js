// One sample: player, scale, and, once the server tells, its name and figures.
// WORDS, lowest score first, and QUESTION are put in front by board.py.

// ---- a sample of a checkpoint that does not speak: figures only ----
const { t } = window.speecht5;
const makeSilentCard = (data) => {
  const title = h('h3', { 'aria-level': 2 });
  const facts = h('div', { style: 'display:grid;gap:12px' });
  const node = h('section', { class: 'card new', 'data-letter': data.letter },
    h('header', {}, h('div', { class: 'letter', 'aria-hidden': 'true' }, data.letter), title, h('p', {}, t('Speed and size only'))), facts);
  return {
    node, audio: null, refresh: () => {}, leave: () => {},
    update: (next) => { title.textContent = next.reveal.label; facts.replaceChildren(...figures(next, next.reveal)); },
  };
};

// ---- one sample: player, scale, and, once the server tells, its name and figures ----
const playerWords = (letter) => ({
  play: t('Play sample {letter}', { letter }),
  pause: t('Pause sample {letter}', { letter }),
  position: t('Position in sample {letter}', { letter }),
  of: (at, total) => t('{at} of {total} seconds', { at: at.toFixed(1), total: total ? total.toFixed(1) : t('so far unknown') }),
  broken: (whole) => (whole ? t('no longer kept: press Speak') : t('plays when whole')),
});
const makeCard = (run, data) => {
  const player = makePlayer({
    words: playerWords(data.letter),
    onState: () => { card.refresh(); refreshTransport(); },
    onEnd: () => transport.ended(card),
  });
  const link = h('a', { class: 'download' }, t('Download WAV'));
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
      title.textContent = reveal ? reveal.label : next.label ?? t('Sample {letter}', next);
      subtitle.textContent = audio.live ? t('Being made: listen already')
        : reveal ? t('Sample {letter}, voice {voice}', { letter: next.letter, voice: reveal.voice }) : t('Name hidden until all are rated');
      slots.top.replaceChildren(...(!next.cut_off ? [] : [h('p', { class: 'cut' }, t('Cut off: this variant did not stop by itself.'))]));
      if (next.rating && !(next.may_correct && scale.correcting())) {
        const change = () => { scale.correct(next.rating); slots.rating.replaceChildren(scale.node); scale.focus(); };
        slots.rating.replaceChildren(ratedLine(next, next.may_correct && change));
      } else if (!audio.live && next.scored !== false && !slots.rating.contains(scale.node)) slots.rating.replaceChildren(scale.node);
      if (!audio.live) {
        link.href = `${root}${audio.taken}`;
        link.setAttribute('download', audio.download);
        link.setAttribute('aria-label', t('Download sample {letter} as WAV', next));
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

// A text with a part of it in an element of its own.
const around = (text, name, node) => text.split(`{${name}}`).flatMap((part, i) => (i ? [node, part] : [part]));

// A rating can be corrected until the names are known.
const ratedLine = ({ letter, rating }, change) => h('div', { class: 'rated' },
  h('span', { role: 'status' }, ...around(t('Saved. You rated it {answer}.'), 'answer', h('b', {}, `${rating} ${t(WORDS[rating - 1])}`))),
  change && h('button', { type: 'button', class: 'rated-change', 'aria-label': t('Change the rating of sample {letter}', { letter }), onclick: change }, t('Change')));

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
  name: `score-${data.ticket}`, legend: t(QUESTION), words: WORDS.map((word) => t(word)), low: 1,
  heardAll: () => player.heard.plays > 0, listen: t('Listen before saving'), choose: t('Choose 1 to 5'), first: t('Choose 1 to 5 first.'),
  send: (value, correct) => sendRating({
    ticket: data.ticket, rating: value, correct, plays: player.heard.plays, heard_fraction: player.heardFraction(),
    response_s: (performance.now() - player.heard.since) / 1000,
  }, [player], player.node),
});

// A question with a few answers, `low` the first one's value. `send(value, correct)` returns what happens after a save.
const makeChoice = ({ name, legend, words, low, heardAll, listen, choose: ask, first, send: post }) => {
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
    save.textContent = busy ? t('Saving…')
      : before !== null ? t(value === before ? 'Keep {answer}' : 'Change to {answer}', { answer: label(value) })
      : value === null ? ask : mayRate() ? t('Save {answer}', { answer: label(value) }) : listen;
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
    if (value === null) return say(first);
    if (!mayRate()) return say(t('Play the sample first, then save your rating.'));
    busy = true; say(''); refresh();
    try {
      const after = await post(value, before !== null);
      busy = false;
      before = null;
      after();
    } catch (error) {
      busy = false; refresh();
      say(t('Not saved: {why} Press save to try again.', { why: error?.message || t('the server did not answer') }), true);
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
