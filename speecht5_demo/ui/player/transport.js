// Several samples under one hand: one plays at a time, and another is switched to at the same place.
// Letters choose a sample, arrows the next one while something plays; keys that rate stay the page's own.
const WRITES = 'input:not([type=radio]):not([type=checkbox]), textarea, select, [role=listbox], [role=slider], [contenteditable]';

// `list()` are the samples, each with `audio`, `start` and `letter`; `loop()` whether the end is a beginning.
const makeTransport = ({ list, loop = () => false }) => {
  let current = null;
  let inTurn = false;
  const playing = () => list().find((each) => !each.audio.paused);
  const chosen = () => playing() ?? (list().includes(current) ? current : null);
  const begin = (sample, at) => {
    current = sample;
    if (at < (sample.audio.duration || Infinity)) sample.audio.currentTime = at;
    sample.start();
  };
  const switchTo = (sample) => {
    const from = chosen();
    inTurn = false;
    const at = from && from !== sample && !from.audio.ended ? from.audio.currentTime : sample.audio.ended ? 0 : sample.audio.currentTime;
    from?.audio.pause();
    begin(sample, at);
  };
  return {
    playing, chosen, switchTo,
    toggle: () => {
      const now = playing();
      inTurn = false;
      if (now) return now.audio.pause();
      const sample = chosen() ?? list()[0];
      if (sample) begin(sample, sample.audio.ended ? 0 : sample.audio.currentTime);
    },
    playInTurn: () => {
      const [first] = list();
      if (!first) return;
      playing()?.audio.pause();
      inTurn = true;
      begin(first, 0);
    },
    ended: (sample) => {
      const samples = list();
      if (!inTurn) return loop() && begin(sample, 0);
      const next = samples[samples.indexOf(sample) + 1] ?? (loop() ? samples[0] : null);
      if (next) begin(next, 0);
      else inTurn = false;
    },
    // Whether the key was one of the transport's.
    key: (event) => {
      const samples = list();
      if (samples.length < 2 || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(WRITES)) return false;
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const now = playing();
      const next = step && now && !event.target.closest?.('fieldset')
        ? samples[(samples.indexOf(now) + step + samples.length) % samples.length]
        : samples.find((each) => event.key.length === 1 && each.letter === event.key.toUpperCase());
      if (!next) return false;
      event.preventDefault();
      switchTo(next);
      return true;
    },
  };
};
