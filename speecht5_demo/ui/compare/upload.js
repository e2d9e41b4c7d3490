// A chosen file is checked by the server at once; what the page keeps of it is a word that stands for the speaker.
const input = element.querySelector('input');
const said = element.querySelector('.upload-said');
const clear = element.querySelector('.upload-clear');
const LARGEST = 64 * 1024;

const say = (text, wrong) => { said.textContent = text; said.classList.toggle('wrong', wrong); };
const choose = (token) => { props.value = token; clear.hidden = !token; };
const asBase64 = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(',') + 1));
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(file);
});
input.onchange = async () => {
  choose(null);
  const file = input.files[0];
  if (!file) return say('', false);
  if (file.size > LARGEST) return say(`${file.name}: a speaker vector takes a few kilobytes; choose a file up to 64 kB.`, true);
  say('Reading the file…', false);
  try {
    const answer = await server.check({ name: file.name, content: file.size ? await asBase64(file) : '' });
    if (!answer?.speaker) throw new Error(answer?.problem || 'The server did not answer. Choose the file again.');
    choose(answer.speaker);
    say(`${answer.label} speaks from the next comparison on.`, false);
  } catch (error) {
    say(error?.message || 'The server did not answer. Choose the file again.', true);
  }
};
clear.onclick = () => { input.value = ''; choose(null); say('', false); };
