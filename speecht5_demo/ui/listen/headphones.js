// A headphone check by Huggins pitch (Milne et al. 2020): white noise, the same in both ears but for a narrow band around
// 600 Hz that is turned upside down in one of them. Two ears that hear one channel each make a faint tone of it; mixed in
// the air there is nothing to hear. Of three noises one has it.
const ROUNDS = 6;
const BAND = [600 * 0.94, 600 * 1.06];

const inverseFft = (re, im) => {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const angle = (2 * Math.PI) / size, half = size >> 1;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < half; k++) {
        const c = Math.cos(angle * k), s = Math.sin(angle * k), a = start + k, b = a + half;
        const x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
        re[b] = re[a] - x; im[b] = im[a] - y; re[a] += x; im[a] += y;
      }
    }
  }
};
const stereoNoise = (context, withTone) => {
  const n = 32768, buffer = context.createBuffer(2, n, context.sampleRate);
  const phases = Float64Array.from({ length: n / 2 }, () => Math.random() * 2 * Math.PI);
  for (const ear of [0, 1]) {
    const re = new Float64Array(n), im = new Float64Array(n);
    for (let k = 1; k < n / 2; k++) {
      const hertz = (k * context.sampleRate) / n;
      if (hertz > 4000) break;
      const turned = withTone && ear === 1 && hertz > BAND[0] && hertz < BAND[1] ? Math.PI : 0;
      re[k] = Math.cos(phases[k] + turned); im[k] = Math.sin(phases[k] + turned);
    }
    inverseFft(re, im);
    const peak = re.reduce((most, x) => Math.max(most, Math.abs(x)), 0), channel = buffer.getChannelData(ear);
    for (let t = 0; t < n; t++) channel[t] = (0.25 * re[t] / peak) * Math.min(1, t / 500, (n - t) / 500);
  }
  return buffer;
};
// Plays three noises, the tone in the one with number `which`; `at(n)` is called as each begins, `at(0)` at the end.
// Silent for good once `left` is aborted.
const playNoises = async (which, at, left) => {
  const context = new AudioContext();
  left.addEventListener('abort', () => { if (context.state !== 'closed') context.close(); });
  for (const n of [1, 2, 3]) {
    if (left.aborted) return;
    at(n);
    const source = context.createBufferSource();
    source.buffer = stereoNoise(context, n === which);
    source.connect(context.destination);
    source.start();
    await new Promise((done) => { source.onended = done; setTimeout(done, 3000); });
    await pause(250);
  }
  if (left.aborted) return;
  at(0);
  context.close();
};
