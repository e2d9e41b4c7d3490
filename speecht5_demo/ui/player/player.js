// One sample: play and pause, a timeline, and an honest account of what was heard.
// Its source may be replaced while it is heard: that happens at the next pause, so nobody hears it change, and what was
// heard before still counts.
const PLAY = 'M7 4.5v15l13-7.5z';
const PAUSE = 'M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z';
const players = new Set();

// What was heard of a sample, in seconds, whichever of its sources it was heard from: each part counts once.
const spansOf = (ranges) => Array.from({ length: ranges.length }, (_, i) => [ranges.start(i), ranges.end(i)]);
const secondsIn = (spans) => {
  let seconds = 0;
  let reached = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    seconds += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return seconds;
};

// `words` has play, pause, position, of(at, total), broken(whole). `onState` follows playing and pausing.
const makePlayer = ({ words, onState = () => {}, onHeard = () => {}, onEnd = () => {} }) => {
  const heard = { plays: 0, since: null, spans: [] };
  const audio = h('audio', { preload: 'auto' });
  const state = { source: null, seconds: null, settled: false, resuming: false, stop: () => {} };
  const glyph = svg('0 0 24 24', PLAY);
  const play = h('button', { type: 'button', class: 'play', 'aria-label': words.play }, glyph);
  const time = h('span', { class: 'time', 'aria-hidden': 'true' });
  const seconds = () => state.seconds ?? (Number.isFinite(audio.duration) ? audio.duration : null);
  const tell = () => {
    timeline.tell(audio.currentTime, seconds());
    time.textContent = `${clock(audio.currentTime)} / ${seconds() ? clock(seconds()) : '…'}`;
  };
  // A browser tells the time four times a second; the playhead moves with every frame.
  const follow = () => {
    tell();
    if (!audio.paused && audio.isConnected) requestAnimationFrame(follow);
  };
  const show = (playing) => {
    glyph.firstChild.setAttribute('d', playing ? PAUSE : PLAY);
    play.setAttribute('aria-label', playing ? words.pause : words.play);
  };
  const broken = () => { time.textContent = words.broken(!!state.source); };
  const start = () => audio.play().catch((error) => { if (!['AbortError', 'NotAllowedError'].includes(error.name)) broken(); });
  const settle = () => {
    if (!state.source || state.settled) return;
    state.settled = true;
    state.stop();
    const at = audio.ended ? 0 : audio.currentTime;
    const playing = !audio.paused && !audio.ended;
    heard.spans.push(...spansOf(audio.played));
    audio.src = state.source;
    if (at) audio.currentTime = at;
    state.resuming = playing;
    if (playing) start();
  };
  const seek = (to) => { settle(); audio.currentTime = to; tell(); onHeard(); };
  const timeline = makeTimeline({ label: words.position, describe: words.of, seek, place: () => audio.currentTime });
  play.onclick = () => (audio.paused ? start() : audio.pause());
  audio.ontimeupdate = () => { tell(); onHeard(); };
  audio.onloadedmetadata = tell;
  audio.onplay = () => {
    if (!state.resuming) heard.plays += 1;
    state.resuming = false;
    heard.since ??= performance.now();
    show(true);
    // This comes a moment after the press; by then another sample may have been switched to.
    if (!audio.paused) for (const other of players) if (other !== audio) other.pause();
    follow();
    onHeard();
    onState();
  };
  audio.onpause = () => { show(false); settle(); onState(); };
  audio.onended = () => { show(false); settle(); onHeard(); onState(); onEnd(); };
  audio.onerror = broken;
  players.add(audio);
  tell();
  return {
    node: h('div', { class: 'sample-player' }, play, timeline.node, time, audio),
    audio, heard, start, seek,
    press: () => play.click(),
    heardFraction: () => (seconds() ? Math.min(1, secondsIn([...heard.spans, ...spansOf(audio.played)]) / seconds()) : 0),
    // A source that grows while it is played: `fill(audio)` begins it and returns what ends it.
    grow: (fill) => { if (!state.source && !audio.src) state.stop = fill(audio); },
    // The whole sample, its length where it is known, and whether its waveform is shown.
    load: (source, length = null, wave = false) => {
      if (state.source) return;
      Object.assign(state, { source, seconds: length });
      if (audio.paused || audio.error || audio.readyState < audio.HAVE_CURRENT_DATA) settle();
      if (wave) timeline.draw(source);
      tell();
    },
    leave: () => { audio.pause(); state.stop(); players.delete(audio); },
  };
};
