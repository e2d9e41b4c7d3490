const RECEIPT = 60; // characters

// Clips are fetched whole before they are played: a weak connection makes nobody hear a stutter and blame the voice.
const clips = {
  loaded: new Map(),
  receipts: new Map(), // the last bytes of each clip, sent with its rating: proof that it was fetched to its end
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
          this.receipts.set(name, await blob.slice(-RECEIPT).text());
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

// The player of a clip. Pictures of the sound would be hints, so the timeline is a plain line.
const clipPlayer = (name, letter, label, texts, changed) => {
  const player = makePlayer({
    words: {
      play: `${label}: ${texts.play}`,
      pause: `${label}: ${texts.pause}`,
      position: `${label}: ${texts.position}`,
      of: (at, total) => `${at.toFixed(1)} / ${total ? total.toFixed(1) : '…'} s`,
      broken: () => '',
    },
    onHeard: changed, onState: changed, onEnd: () => changed(),
  });
  const clip = { ...player, letter };
  player.audio.onvolumechange = changed;
  player.audio.onratechange = () => { if (player.audio.playbackRate !== 1) player.audio.playbackRate = 1; };
  clips.load(name).then((url) => { player.load(url); clip.ready = true; changed(); }, () => { clip.failed = true; changed(); });
  return clip;
};
