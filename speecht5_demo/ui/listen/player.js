// Small helpers, clips, and one native player with an honest account of what was heard.
const root = (window.gradio_config?.root || location.origin).replace(/\/+$/, '');

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
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Clips are fetched whole before they are played: a weak connection makes nobody hear a stutter and blame the voice.
const clips = {
  loaded: new Map(),
  receipts: new Map(), // proof that a clip was fetched, sent with its rating
  load(name) {
    if (!this.loaded.has(name)) this.loaded.set(name, this.fetch(name));
    return this.loaded.get(name);
  },
  async fetch(name) {
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await fetch(`${root}/listening/clip/${name}`);
        if (response.ok) {
          const blob = await response.blob();
          this.receipts.set(name, response.headers.get('x-receipt') ?? '');
          return URL.createObjectURL(blob);
        }
        if (response.status < 500) throw new Error('gone');
      } catch (error) {
        if (error.message === 'gone') throw error;
      }
      await pause(Math.min(8000, 500 * 2 ** attempt));
    }
  },
  keep(names) {
    for (const [name, url] of this.loaded) {
      if (names.includes(name)) continue;
      this.loaded.delete(name);
      url.then(URL.revokeObjectURL, () => {});
    }
  },
};

// A native player. `heard()` is the share of the clip that was really played: the union of the played ranges.
const makePlayer = (name, label, changed) => {
  const audio = h('audio', { controls: true, controlslist: 'nodownload noplaybackrate', preload: 'auto', 'aria-label': label });
  const state = { plays: 0, firstPlay: null, audio };
  state.heard = () => {
    let seconds = 0;
    for (let i = 0; i < audio.played.length; i++) seconds += audio.played.end(i) - audio.played.start(i);
    return audio.duration ? Math.min(1, seconds / audio.duration) : 0;
  };
  audio.onplay = () => {
    state.plays += 1;
    state.firstPlay ??= performance.now();
    for (const other of element.querySelectorAll('audio')) if (other !== audio) other.pause();
    changed();
  };
  audio.ontimeupdate = changed;
  audio.onended = changed;
  audio.onvolumechange = changed;
  audio.onratechange = () => { if (audio.playbackRate !== 1) audio.playbackRate = 1; };
  clips.load(name).then((url) => { audio.src = url; state.ready = true; changed(); }, () => { state.failed = true; changed(); });
  return state;
};
const playAgain = (audio) => {
  if (!audio?.src) return;
  if (!audio.paused) return audio.pause();
  if (audio.ended) audio.currentTime = 0;
  audio.play();
};
