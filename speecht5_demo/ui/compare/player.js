// Play, position and time of one sample. A live sample becomes a stored one in the middle of being heard:
// the source changes at the next pause, so nobody hears it change, and what was heard before still counts.
const players = new Set();

const makePlayer = (letter, onHeard, onState, onEnd) => {
  const heard = { plays: 0, since: null, spans: [] };
  const audio = h('audio', { preload: 'auto' });
  const state = { path: null, seconds: null, settled: false, resuming: false, leave: () => {} };
  const glyph = icon(PLAY);
  const play = h('button', { type: 'button', class: 'play', 'aria-label': `Play sample ${letter}` }, glyph);
  const seek = h('input', {
    type: 'range', class: 'seek', min: 0, max: 1, step: 0.01, value: 0, disabled: true,
    'aria-label': `Position in sample ${letter}`,
  });
  const time = h('span', { class: 'time', 'aria-hidden': 'true' });
  const tell = () => {
    const { seconds } = state;
    seek.value = seconds ? audio.currentTime : 0;
    seek.setAttribute('aria-valuetext', `${audio.currentTime.toFixed(1)} of ${seconds ? seconds.toFixed(1) : 'so far unknown'} seconds`);
    time.textContent = `${clock(audio.currentTime)} / ${seconds ? clock(seconds) : '…'}`;
  };
  const show = (playing) => {
    glyph.firstChild.setAttribute('d', playing ? PAUSE : PLAY);
    play.setAttribute('aria-label', `${playing ? 'Pause' : 'Play'} sample ${letter}`);
  };
  const broken = () => { time.textContent = state.path ? 'no longer kept: press Speak' : 'plays when whole'; };
  const start = () => audio.play().catch((error) => { if (!['AbortError', 'NotAllowedError'].includes(error.name)) broken(); });
  const settle = () => {
    if (!state.path || state.settled) return;
    state.settled = true;
    state.leave();
    const at = audio.ended ? 0 : audio.currentTime;
    const playing = !audio.paused && !audio.ended;
    heard.spans.push(...spansOf(audio.played));
    audio.src = `${root}${state.path}`;
    if (at) audio.currentTime = at;
    state.resuming = playing;
    if (playing) start();
  };
  play.onclick = () => (audio.paused ? start() : audio.pause());
  seek.oninput = () => { const to = Number(seek.value); settle(); audio.currentTime = to; tell(); };
  audio.ontimeupdate = tell;
  audio.onplay = () => {
    if (!state.resuming) heard.plays += 1;
    state.resuming = false;
    heard.since ??= performance.now();
    show(true);
    players.forEach((other) => other !== audio && other.pause());
    onHeard();
    onState();
  };
  audio.onpause = () => { show(false); settle(); onState(); };
  audio.onended = () => { show(false); settle(); onHeard(); onState(); onEnd(); };
  audio.onerror = broken;
  players.add(audio);
  return {
    node: h('div', { class: 'player' }, play, seek, time, audio), audio, heard, press: () => play.click(), start,
    heardFraction: () => (state.seconds
      ? Math.min(1, secondsIn([...heard.spans, ...spansOf(audio.played)]) / state.seconds) : 0),
    // `given` is the audio of a snapshot: an address that grows, or the path and length of the whole.
    load: (given) => {
      if (given.live && !state.path && !audio.src) state.leave = playLive(audio, root + given.live);
      if (given.url && !state.path) {
        Object.assign(state, { path: given.url, seconds: given.seconds });
        seek.max = given.seconds;
        seek.disabled = false;
        if (audio.paused || audio.error || audio.readyState < audio.HAVE_CURRENT_DATA) settle();
      }
      tell();
    },
    leave: () => { audio.pause(); state.leave(); players.delete(audio); },
  };
};
