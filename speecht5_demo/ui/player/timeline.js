// Where one is in a sample: a slider over its waveform, or over a plain line where a picture of the sound would be a hint.
// Time runs from left to right in every language, as in any recording.
const BARS = 96;
const STEP_S = 0.25;

// The samples of a 16-bit mono WAV, whatever stands around them in the file.
const wavSamples = (buffer) => {
  const view = new DataView(buffer);
  for (let at = 12; at + 8 <= view.byteLength; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) & 1)) {
    if (view.getUint32(at, false) !== 0x64617461) continue;
    const length = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8) >> 1;
    return Int16Array.from({ length }, (_, i) => view.getInt16(at + 8 + 2 * i, true));
  }
  return new Int16Array();
};
// The largest sample of each bar, as a share of the largest of all.
const peaksOf = (samples) => {
  const peaks = new Float64Array(BARS);
  samples.forEach((value, i) => {
    const bar = Math.floor((i * BARS) / samples.length);
    peaks[bar] = Math.max(peaks[bar], Math.abs(value));
  });
  const most = Math.max(1, ...peaks);
  return peaks.map((peak) => peak / most);
};
const outline = (peaks) => Array.from(peaks, (peak, i) => {
  const half = Math.max(0.03, 0.48 * peak);
  return `M${i + 0.15} ${(0.5 - half).toFixed(3)}h0.7v${(2 * half).toFixed(3)}h-0.7z`;
}).join('');

// `seek(seconds)` is called with the place that was chosen; `place()` is where the sound is, which the last `tell` may not
// know yet; `describe(at, total)` says it in words.
const makeTimeline = ({ label, describe, seek, place }) => {
  const line = () => {
    const shape = svg(`0 0 ${BARS} 1`, 'M0 0.44h96v0.12h-96z');
    shape.setAttribute('preserveAspectRatio', 'none');
    return shape;
  };
  const whole = line();
  const played = line();
  const part = h('div', { class: 'played' }, played);
  const node = h('div', {
    class: 'timeline', role: 'slider', tabindex: 0, 'aria-label': label, 'aria-valuemin': 0, 'aria-valuenow': 0, 'aria-disabled': 'true',
  }, whole, part, h('span', { class: 'head' }));
  let total = null;
  const go = (seconds) => total && seek(Math.min(total, Math.max(0, seconds)));
  const toPointer = (event) => {
    const box = node.getBoundingClientRect();
    go((total * (event.clientX - box.left)) / box.width);
  };
  node.onpointerdown = (event) => {
    if (!total || event.button) return;
    node.setPointerCapture(event.pointerId);
    node.onpointermove = toPointer;
    toPointer(event);
  };
  node.onpointerup = node.onpointercancel = () => { node.onpointermove = null; };
  node.onkeydown = (event) => {
    if (!total || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = place();
    const to = {
      ArrowRight: at + STEP_S, ArrowUp: at + STEP_S, ArrowLeft: at - STEP_S, ArrowDown: at - STEP_S,
      PageUp: at + total / 10, PageDown: at - total / 10, Home: 0, End: total,
    }[event.key];
    if (to === undefined) return;
    go(to);
    event.preventDefault();
    event.stopPropagation();
  };
  return {
    node,
    tell: (now, seconds) => {
      total = seconds;
      node.setAttribute('aria-disabled', String(!total));
      node.setAttribute('aria-valuemax', total ? total.toFixed(2) : 0);
      node.setAttribute('aria-valuenow', Math.min(now, total ?? 0).toFixed(2));
      node.setAttribute('aria-valuetext', describe(now, total));
      node.style.setProperty('--at', total ? Math.min(1, now / total) : 0);
    },
    // Draws the waveform of the WAV at an address; without it the line stays, and nothing else is lost.
    draw: async (address) => {
      try {
        const answer = await fetch(address);
        if (!answer.ok) return;
        const shape = outline(peaksOf(wavSamples(await answer.arrayBuffer())));
        for (const each of [whole, played]) each.firstChild.setAttribute('d', shape);
        node.classList.add('drawn');
      } catch { /* a line will do */ }
    },
  };
};
