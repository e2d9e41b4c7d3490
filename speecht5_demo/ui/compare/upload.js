// A chosen file is checked by the server at once; what the page keeps of it is a word that stands for the speaker.
// Sound, from a file or the microphone, is sent as 16 kHz mono WAV: the server keeps the vector that it makes of it.
const { t } = window.speecht5;
const input = element.querySelector('input');
const note = element.querySelector('.upload-said');
const clear = element.querySelector('.upload-again');
const record = element.querySelector('.upload-record');
const LARGEST = 64 * 1024, RATE = 16000, LONGEST_S = 30, RECORDED_S = 12;
const root = window.gradio_config?.root || location.origin;

const say = (text, wrong) => { note.textContent = text; note.classList.toggle('wrong', !!wrong); };
const choose = (token) => {
  const changed = props.value !== token;
  props.value = token;
  clear.hidden = !token;
  if (changed) trigger('input');
};
const asBase64 = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(',') + 1));
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(file);
});
const accept = (answer) => {
  if (!answer?.speaker) throw new Error(answer?.problem || t('The server did not answer. Choose the file again.'));
  choose(answer.speaker);
  say(t('{voice} speaks from the next comparison on.', { voice: answer.label }));
};
const asWav = (samples) => {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const word = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  word(0, 'RIFF'); view.setUint32(4, 36 + 2 * samples.length, true); word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true); view.setUint32(28, 2 * RATE, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  word(36, 'data'); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, value))), true));
  return view.buffer;
};
const sendSound = async (recorded) => {
  say(t('Listening to the recording…'));
  const encoded = await recorded;
  const context = new OfflineAudioContext(1, 1, RATE);
  let sound;
  try { sound = await context.decodeAudioData(encoded); } catch { throw new Error(t('This browser cannot read the file as sound. Choose a WAV.')); }
  if (sound.duration > LONGEST_S) throw new Error(t('The recording lasts {seconds} s: choose up to {longest} s of one voice.', { seconds: sound.duration.toFixed(0), longest: LONGEST_S }));
  const mono = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++) sound.getChannelData(channel).forEach((value, i) => { mono[i] += value / sound.numberOfChannels; });
  const answer = await fetch(`${root}/compare/voice`, { method: 'POST', headers: { 'content-type': 'audio/wav' }, body: asWav(mono) });
  return answer.json();
};
const check = async (file) => {
  if (file.type.startsWith('audio/') || /\.(wav|mp3|ogg|oga|opus|flac|m4a|aac|webm)$/i.test(file.name)) {
    if (record.dataset.missing) throw new Error(record.dataset.missing);
    return sendSound(file.arrayBuffer());
  }
  if (file.size > LARGEST) throw new Error(t('{name}: a speaker vector takes a few kilobytes; choose a file up to 64 kB.', file));
  say(t('Reading the file…'));
  return server.check({ name: file.name, content: file.size ? await asBase64(file) : '' });
};
const failed = (error) => say(error?.message || t('The server did not answer. Choose the file again.'), true);

// What was chosen last counts, here or in the menu: an answer to an earlier choice is dropped, a recording ends.
let choices = 0, recorder = null;
const stopRecording = () => {
  const mine = recorder;
  recorder = null;
  mine?.stop();
};
const chooseAnew = () => {
  const mine = ++choices;
  stopRecording();
  choose(null);
  say('');
  return () => mine === choices;
};
const take = async (latest, answer) => {
  try {
    const said = await answer;
    if (latest()) accept(said);
  } catch (error) {
    if (!latest()) return;
    input.value = '';  // a browser tells nothing when the same file is chosen again
    failed(error);
  }
};
input.onchange = () => {
  const [file] = input.files;
  const latest = chooseAnew();
  if (file) take(latest, check(file));
};
record.onclick = async () => {
  if (record.dataset.missing) return say(record.dataset.missing, true);
  if (recorder) return stopRecording();
  if (!navigator.mediaDevices) return say(t('A browser gives the microphone to pages under https or on this machine only. Choose a WAV instead.'), true);
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    const parts = [];
    const mine = new MediaRecorder(stream);
    const latest = chooseAnew();
    mine.ondataavailable = (event) => parts.push(event.data);
    mine.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      record.textContent = record.dataset.label;
      if (latest()) take(latest, sendSound(new Blob(parts, { type: mine.mimeType }).arrayBuffer()));
    };
    mine.start();
    recorder = mine;
    record.textContent = t('Stop recording');
    say(t('Read something aloud for {seconds} seconds.', { seconds: RECORDED_S }));
    setTimeout(() => { if (recorder === mine) stopRecording(); }, RECORDED_S * 1000);
  } catch (error) {
    recorder = null;
    say(error?.name === 'NotAllowedError' ? t('The microphone was not allowed. Allow it in the browser, or choose a WAV.') : t('There is no microphone here. Choose a WAV.'), true);
  }
};
clear.onclick = window.speecht5.chooseFromMenu = () => { input.value = ''; chooseAnew(); };
watch('value', () => { if (!props.value && !clear.hidden) { input.value = ''; clear.hidden = true; say(''); } });
