// What a recogniser hears: a button below the table, then the words of each sample, those that differ marked.
// How a word differs is written beside it or drawn by a line, never told by its colour alone.
const ASK_MS = 700;
const asking = { timer: 0, ticket: null };
const stopAsking = () => { clearTimeout(asking.timer); asking.ticket = null; };

const hidden = (text) => h('span', { class: 'visually-hidden' }, text);
const heardWord = ({ text, kind, said }) => ({
  same: () => text,
  other: () => h('mark', {}, text, ' ', h('small', {}, t('for {word}', { word: said }))),
  missing: () => h('del', {}, hidden(`${t('not heard:')} `), text),
  added: () => h('ins', {}, hidden(`${t('added:')} `), h('span', { 'aria-hidden': 'true' }, '+'), text),
})[kind]();
const heardSample = (sample) => h('li', {},
  h('h4', {}, h('span', { class: 'letter-small', 'aria-hidden': 'true' }, sample.letter), sample.label),
  h('p', { class: 'words' }, ...sample.words.flatMap((word) => [heardWord(word), ' '])),
  h('p', { class: 'note' }, sample.facts));
const heardKey = () => h('p', { class: 'note key' },
  h('mark', {}, t('word'), ' ', h('small', {}, t('for {word}', { word: t('other') }))), ` ${t('heard in place of another')}; `,
  h('del', {}, t('word')), ` ${t('said and not heard')}; `, h('ins', {}, `+${t('word')}`), ` ${t('heard and not said')}.`);

const heardParts = {
  title: h('h3', { tabindex: -1 }, t('What a recogniser hears')),
  button: h('button', { type: 'button', class: 'hear', 'aria-describedby': 'heard-about' }),
  about: h('p', { class: 'note', role: 'status', id: 'heard-about' }),
  problem: h('p', { class: 'problem', role: 'alert', hidden: true }),
  list: h('div', { class: 'found' }),
};
const heardSection = h('section', { class: 'heard', 'aria-label': t('What a recogniser hears') }, ...Object.values(heardParts));
const UNANSWERED = t('The server did not answer. Press the button again.');
const askHeard = async (area, value, start) => {
  asking.ticket = value.ticket;
  let answer = null;
  try {
    answer = await server.hear({ ticket: value.ticket, start });
  } catch { /* said below */ }
  if (asking.ticket !== value.ticket) return;
  drawHeard(area, answer?.heard ?? { ...value, under_way: false, status: '', problem: answer?.problem || UNANSWERED });
};
const drawHeard = (area, value) => {
  clearTimeout(asking.timer);
  if (value?.under_way) asking.timer = setTimeout(() => askHeard(area, value, false), ASK_MS);
  const key = JSON.stringify(value ?? null);
  if (area.dataset.key === key) return;
  area.dataset.key = key;
  if (!value) return heardSection.remove();
  const { title, button, about, problem, list } = heardParts;
  const focused = document.activeElement === button;
  const off = value.under_way || !!value.lacking;
  button.textContent = value.under_way ? t('Listening…') : t('What a recogniser hears');
  button.hidden = value.done;
  button.setAttribute('aria-disabled', String(off));
  button.onclick = () => { if (!off) askHeard(area, value, true); };
  title.hidden = !value.samples.length;
  const said = value.lacking || value.status;
  if (about.textContent !== said) about.textContent = said;
  problem.hidden = !value.problem;
  if (problem.textContent !== value.problem) problem.textContent = value.problem;
  list.replaceChildren(...(value.samples.length
    ? [h('ol', {}, ...value.samples.map(heardSample)), heardKey(), h('p', { class: 'note' }, value.note)] : []));
  if (!heardSection.isConnected) area.append(heardSection);
  if (focused && value.done) title.focus({ preventScroll: true });
};
