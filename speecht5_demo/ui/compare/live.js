// A sample that is played while it is made: its audio comes in pieces, handed to a native <audio> by a MediaSource.
// MIME is put in front by board.py.
const canPlayLive = !!window.MediaSource && MediaSource.isTypeSupported(MIME);

// Fills the element from an address that answers as the audio is made. Returns what ends it.
const playLive = (audio, address) => {
  const source = new MediaSource();
  const gone = new AbortController();
  const url = URL.createObjectURL(source);
  audio.src = url;
  source.onsourceopen = async () => {
    URL.revokeObjectURL(url);
    try {
      const buffer = source.addSourceBuffer(MIME);
      const answer = await fetch(address, { signal: gone.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        buffer.appendBuffer(value);
        await new Promise((ready) => { buffer.onupdateend = ready; });
      }
      if (source.readyState === 'open') source.endOfStream();
    } catch {
      if (source.readyState === 'open') source.endOfStream('network');
    }
  };
  return () => gone.abort();
};

// What was heard of one sample, in seconds, whichever of its sources it was heard from: each part counts once.
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
