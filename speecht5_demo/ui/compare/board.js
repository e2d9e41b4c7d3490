// The comparison board. `props.value` is the snapshot that the server lets this page know; nothing else is kept here.
// Cards are made once and then changed in place, so audio plays on while other cards arrive.
// WORDS, lowest score first, and QUESTION are put in front by board.py.
// All text goes through textContent: what a visitor typed is never markup.
const PLAY = 'M7 4.5v15l13-7.5z';
const PAUSE = 'M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z';
const root = window.gradio_config?.root || location.origin;

const h = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith('on')) node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
};
const icon = (path) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  svg.firstChild.setAttribute('d', path);
  return svg;
};
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

// One random word a browser, so that all ratings of one person can be told from those of others. Nothing else is kept.
const listenerId = () => {
  const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const known = localStorage.getItem('speecht5-listener') || fresh();
    localStorage.setItem('speecht5-listener', known);
    return known;
  } catch {
    return (window.speecht5Listener ??= fresh());
  }
};

const board = element.querySelector('.board');
const view = { run: null, opened: 0, revision: -1, cards: new Map() };
const players = new Set();

// ---- a sample of a checkpoint that does not speak: figures only ----
const makeSilentCard = (data) => {
  const title = h('h3');
  const facts = h('div', { style: 'display:grid;gap:12px' });
  const node = h('section', { class: 'card new', 'data-letter': data.letter },
    h('header', {}, h('div', { class: 'letter', 'aria-hidden': 'true' }, data.letter), title, h('p', {}, 'Speed and size only')), facts);
  return {
    node, audio: null, refresh: () => {},
    update: (next) => { title.textContent = next.told.label; facts.replaceChildren(...figures(next, next.told)); },
  };
};

// ---- one sample: player, scale, and, once the server tells, its name and figures ----
const makeCard = (run, data) => {
  const heard = { plays: 0, since: null };
  const audio = h('audio', { preload: 'auto', src: `${root}/gradio_api/file=${data.audio.path}` });
  const glyph = icon(PLAY);
  const play = h('button', { type: 'button', class: 'play', 'aria-label': `Play sample ${data.letter}` }, glyph);
  const seek = h('input', {
    type: 'range', class: 'seek', min: 0, max: data.audio.seconds, step: 0.01, value: 0,
    'aria-label': `Position in sample ${data.letter}`,
  });
  const time = h('span', { class: 'time', 'aria-hidden': 'true' });
  const tell = () => {
    seek.value = audio.currentTime;
    seek.setAttribute('aria-valuetext', `${audio.currentTime.toFixed(1)} of ${data.audio.seconds.toFixed(1)} seconds`);
    time.textContent = `${clock(audio.currentTime)} / ${clock(data.audio.seconds)}`;
  };
  const show = (playing) => {
    glyph.firstChild.setAttribute('d', playing ? PAUSE : PLAY);
    play.setAttribute('aria-label', `${playing ? 'Pause' : 'Play'} sample ${data.letter}`);
  };
  const broken = () => { time.textContent = 'cannot play'; };
  play.onclick = () => (audio.paused ? audio.play().catch((error) => error.name !== 'AbortError' && broken()) : audio.pause());
  seek.oninput = () => { audio.currentTime = Number(seek.value); tell(); };
  audio.ontimeupdate = tell;
  audio.onplay = () => {
    heard.plays += 1;
    heard.since ??= performance.now();
    show(true);
    players.forEach((other) => other !== audio && other.pause());
    card.refresh();
  };
  audio.onpause = () => show(false);
  audio.onended = () => { show(false); card.refresh(); };
  audio.onerror = broken;
  players.add(audio);
  tell();
  const heardFraction = () => {
    let seconds = 0;
    for (let i = 0; i < audio.played.length; i++) seconds += audio.played.end(i) - audio.played.start(i);
    return data.audio.seconds ? Math.min(1, seconds / data.audio.seconds) : 0;
  };

  const link = h('a', { class: 'download', href: audio.src }, 'Download WAV');
  const title = h('h3', { id: `title-${data.ticket}` });
  const subtitle = h('p');
  const slots = { top: h('div'), rating: h('div'), facts: h('div', { style: 'display:grid;gap:12px' }) };
  const node = h('section', { class: 'card new', tabindex: -1, 'aria-labelledby': `title-${data.ticket}`, 'data-letter': data.letter },
    h('header', {}, h('div', { class: 'letter', 'aria-hidden': 'true' }, data.letter), title, subtitle),
    slots.top, h('div', { class: 'player' }, play, seek, time, audio), slots.rating, slots.facts, link);

  const scale = makeScale(run, data, heard, heardFraction, audio);
  const card = {
    node, audio,
    refresh: () => scale.heardMore(),
    update: (next) => {
      data = next;
      const told = next.told;
      title.textContent = told ? told.label : `Sample ${next.letter}`;
      subtitle.textContent = told ? `Sample ${next.letter}` : 'Name hidden until all are rated';
      slots.top.replaceChildren(...(!next.cut_off ? [] : [h('p', { class: 'cut' }, 'Cut off: this variant did not stop by itself.')]));
      if (next.rating) slots.rating.replaceChildren(ratedLine(next.rating));
      else if (!slots.rating.contains(scale.node)) slots.rating.replaceChildren(scale.node);
      link.setAttribute('download', next.audio.download);
      link.setAttribute('aria-label', `Download sample ${next.letter} as WAV`);
      const key = JSON.stringify(told ?? null);
      if (slots.facts.dataset.key !== key) {
        slots.facts.dataset.key = key;
        slots.facts.replaceChildren(...(told ? figures(next, told) : []));
      }
    },
  };
  node.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key >= '1' && event.key <= '5') scale.choose(Number(event.key));
    else if (event.key.toLowerCase() === 'p') play.click();
    else return;
    event.preventDefault();
  };
  return card;
};

const ratedLine = (rating) =>
  h('p', { class: 'rated', role: 'status' }, 'Saved. You rated it ', h('b', {}, `${rating} ${WORDS[rating - 1]}`), '.');

const makeScale = (run, data, heard, heardFraction, audio) => {
  let score = null;
  let busy = false;
  const note = h('p', { class: 'note', role: 'status' });
  const save = h('button', { type: 'button', class: 'save' });
  const radios = WORDS.map((word, i) => h('input', {
    type: 'radio', name: `score-${data.ticket}`, value: i + 1, 'aria-label': `${i + 1} ${word}`,
    onchange: () => choose(i + 1),
  }));
  const options = WORDS.map((word, i) =>
    h('label', {}, radios[i], h('span', { 'aria-hidden': 'true' }, h('b', {}, String(i + 1)), word)));
  const node = h('fieldset', {}, h('legend', {}, QUESTION), h('div', { class: 'scale' }, ...options), save, note);

  const say = (text, wrong = false) => { note.textContent = text; note.classList.toggle('wrong', wrong); };
  const refresh = () => {
    const ready = score !== null && heard.plays > 0 && !busy;
    save.classList.toggle('ready', ready);
    save.setAttribute('aria-disabled', String(!ready));
    save.textContent = busy ? 'Saving…'
      : score === null ? 'Choose 1 to 5' : heard.plays === 0 ? 'Listen before saving' : `Save ${score} ${WORDS[score - 1]}`;
  };
  const choose = (value) => {
    if (busy) return;
    score = value;
    radios.forEach((radio) => { radio.checked = Number(radio.value) === value; });
    (radios.find((radio) => radio.checked) ?? save).focus({ preventScroll: true });
    refresh();
  };
  const send = async () => {
    if (busy) return;
    if (score === null) return say('Choose a score from 1 to 5 first.');
    if (heard.plays === 0) return say('Play the sample first, then save your rating.');
    busy = true; say(''); refresh();
    try {
      const answer = await server.rate({
        ticket: data.ticket, rating: score, plays: heard.plays, heard_fraction: heardFraction(),
        response_s: (performance.now() - heard.since) / 1000, listener: listenerId(),
        device: matchMedia('(pointer: coarse)').matches ? 'touch' : 'mouse',
      });
      if (!answer?.saved) throw new Error(answer?.problem || '');
      audio.pause();
      const card = node.closest('.card');
      busy = false;
      if (answer.board) draw(answer.board);
      moveOn(card);
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
  const heardMore = () => { if (!busy) say(''); refresh(); };
  return { node, heardMore, choose };
};

// After a save the keyboard's focus goes to the next sample without a rating, or to the reveal.
const moveOn = (card) => {
  const open = [...board.querySelectorAll('.card')].find((other) => other.querySelector('fieldset'));
  const target = open?.querySelector('.play') ?? board.querySelector('.reveal') ?? card;
  target?.focus({ preventScroll: target === card });
  if (target?.scrollIntoView && !open) target.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
};

// ---- what the reveal shows ----
const change = (text, direction) => text && h('span', { class: `change ${direction || ''}` }, text);
const figures = (data, told) => {
  const parts = [h('p', { class: 'about' }, told.explanation)];
  const fact = (name, value, delta) =>
    [h('dt', {}, name), h('dd', {}, value, ...(delta ? [' ', change(delta.text, delta.direction)] : []))];
  if (told.latency) {
    const stages = told.latency.stages;
    parts.push(
      h('div', { class: 'big' }, h('strong', {}, told.latency.median), h('small', {}, told.latency.note),
        told.latency.change && change(told.latency.change.text, told.latency.change.direction)),
      h('div', { class: 'stages' },
        h('div', { class: 'bar', 'aria-hidden': 'true' }, ...stages.map((stage, i) =>
          h('span', { style: `flex:${stage.share} 1 0;background:var(--stage-${i + 1})` }))),
        h('ul', { 'aria-label': 'Stages' }, ...stages.map((stage, i) =>
          h('li', { style: `--dot:var(--stage-${i + 1})` }, `${stage.name} ${stage.seconds}`)))));
  }
  const rows = [];
  for (const row of told.facts) rows.push(...fact(row.name, row.value, row.change));
  parts.push(h('dl', { class: 'facts' }, ...rows));
  if (told.spectrogram && data.audio) {
    parts.push(h('figure', {},
      h('img', { class: 'day', src: `${root}/gradio_api/file=${told.spectrogram.day}`, alt: told.spectrogram.alt }),
      h('img', { class: 'night', src: `${root}/gradio_api/file=${told.spectrogram.night}`, alt: told.spectrogram.alt }),
      h('figcaption', { 'aria-hidden': 'true' }, h('span', {}, '0 s'), h('span', {}, 'mel spectrogram'),
        h('span', {}, `${data.audio.seconds.toFixed(1)} s`))));
  }
  return parts;
};
const revealTable = (value) => {
  const cell = (part, i) => h('td', { 'data-label': value.table.head[i + 2] }, part.text, ...(part.change ? [' ', change(part.change.text, part.change.direction)] : []));
  return [h('table', {}, h('caption', {}, value.table.caption),
      h('thead', {}, h('tr', {}, ...value.table.head.map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, ...value.table.rows.map((row) => h('tr', {},
        h('th', { scope: 'row' }, h('span', { class: 'letter-small', 'aria-hidden': 'true' }, row.letter), row.label),
        h('td', { 'data-label': value.table.head[1] }, ...(row.rating
          ? [h('span', { class: 'stars', 'aria-hidden': 'true' }, '★'.repeat(row.rating) + '☆'.repeat(5 - row.rating)),
            ` ${row.rating} ${WORDS[row.rating - 1]}`] : ['not rated'])),
        ...row.cells.map(cell))))),
  h('p', { class: 'note' }, value.table.note)];
};

// ---- the whole board ----
const areas = { state: h('div'), reveal: h('div'), cards: h('div', { class: 'cards' }) };
const status = h('p', { class: 'status', role: 'status' });
const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
const spoken = h('p', { class: 'spoken' });
const track = h('div', { class: 'track', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': 0, 'aria-valuemax': 100 }, h('span'));
const region = h('div', { class: 'reveal', tabindex: 0, role: 'region', 'aria-label': 'What you heard and what it costs' });
const stateBox = h('div', { class: 'state' }, status, problem, track, spoken);

// A visitor who pressed Speak wants to see what comes of it, also on a small screen.
const showBoard = () => {
  if (stateBox.getBoundingClientRect().top < 0.55 * innerHeight) return;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  stateBox.scrollIntoView({ block: 'start', behavior: calm ? 'auto' : 'smooth' });
};
const complain = (sentence) => {
  problem.hidden = !sentence;
  if (problem.textContent !== (sentence || '')) problem.textContent = sentence || '';
};
const draw = (value) => {
  if (!value || !value.run && !value.problem) return;
  if (value.run && (value.opened < view.opened || (value.run === view.run && value.revision < view.revision))) return;
  if (!areas.cards.isConnected) board.replaceChildren(areas.state, areas.reveal, areas.cards);
  if (!stateBox.isConnected) areas.state.append(stateBox);
  if (!value.run) return complain(value.problem);
  if (value.run !== view.run) {
    view.cards.forEach((card) => { card.audio?.pause(); players.delete(card.audio); });
    view.cards.clear();
    areas.cards.replaceChildren();
    areas.reveal.replaceChildren();
  }
  if (value.run !== view.run) requestAnimationFrame(showBoard);
  view.run = value.run;
  view.opened = value.opened;
  view.revision = value.revision;
  if (status.textContent !== value.status) status.textContent = value.status;
  complain(value.problem);
  track.hidden = value.progress == null;
  if (value.progress != null) {
    track.setAttribute('aria-valuenow', Math.round(100 * value.progress));
    track.classList.add('busy');
    track.firstChild.style.width = `${Math.max(3, 100 * value.progress)}%`;
  }
  spoken.hidden = !value.spoken;
  spoken.replaceChildren('Spoken as: ', h('q', {}, value.spoken || ''));

  areas.cards.querySelectorAll('.waiting').forEach((ghost) => ghost.remove());
  for (const data of value.cards ?? []) {
    let card = view.cards.get(data.ticket);
    if (!card) {
      card = data.audio ? makeCard(value.run, data) : makeSilentCard(data);
      view.cards.set(data.ticket, card);
      areas.cards.append(card.node);
    }
    card.update(data);
  }
  for (let i = (value.cards ?? []).length; i < (value.expected ?? 0); i++) {
    areas.cards.append(h('div', { class: 'card waiting', 'aria-hidden': 'true' },
      h('header', {}, h('div', { class: 'letter' }, String.fromCharCode(65 + i)), h('h3', {}, i === (value.cards ?? []).length ? 'Speaking…' : 'Waiting')),
      h('div', { class: 'ghost' })));
  }
  const key = JSON.stringify(value.table ?? null);
  if (areas.reveal.dataset.key !== key) {
    areas.reveal.dataset.key = key;
    if (!value.table) region.remove();
    else if (!region.isConnected) areas.reveal.append(region);
    region.replaceChildren(...(value.table ? revealTable(value) : []));
  }
};
draw(props.value);
watch('value', () => draw(props.value));
