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
