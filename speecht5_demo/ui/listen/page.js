// The session: one view at a time from the server, and answers that are sent until they are acknowledged.
// The browser keeps the session's token and an answer that is still on its way, nothing else.
const VISIT = 'listening-visit', UNSENT = 'listening-unsent';
const PARAMETERS = ['PROLIFIC_PID', 'STUDY_ID', 'SESSION_ID', 'workerId', 'assignmentId', 'hitId', 'participant', 'study', 'session', 'signature'];
const stage = element.querySelector('.listen');
const session = { view: null, trial: null, texts: {}, busy: false };

// A Space runs in a frame, where storage may be refused; the session then lives as long as the page.
const memory = {};
const keep = (key, value) => {
  memory[key] = value;
  try { value == null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* memory has it */ }
};
const kept = (key) => {
  try { return localStorage.getItem(key) ?? memory[key] ?? null; } catch { return memory[key] ?? null; }
};

const linkParameters = () => {
  const asked = new URLSearchParams(location.search);
  return Object.fromEntries(PARAMETERS.filter((name) => asked.get(name)).map((name) => [name, asked.get(name).slice(0, 128)]));
};

// One session a participant: a lab's computer is used by one after the other.
const TOKEN = ['listening-session', ...['PROLIFIC_PID', 'workerId', 'participant'].map((name) => linkParameters()[name]).filter(Boolean)].join(' ');
// A link to go on on another device carries the session's token behind the #, which is sent to no server.
const resumeLink = () => `${location.href.split('#')[0]}#go-on=${session.view.token}`;
const resumed = /^#go-on=([\w-]+)$/.exec(location.hash)?.[1];
if (resumed) {
  keep(TOKEN, resumed);
  history.replaceState(null, '', location.href.split('#')[0]);
}

const banner = h('p', { class: 'banner', role: 'alert', hidden: true });
const tell = (text) => { banner.textContent = text ?? ''; banner.hidden = !text; };

// Sends until there is an answer: a dead server, a tunnel and a lost reply all end in the same one row.
const post = async (what, body) => {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(`${root}/listening/${what}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
      });
      if (response.status < 500 || response.status === 503) {
        const reply = await response.json();
        if (response.status !== 503 || what === 'enter') { tell(null); return { ...reply, asked: attempt + 1 }; }
      }
    } catch { /* not reached: try again below */ }
    if (attempt > 0) tell(session.texts.offline);
    await pause(Math.min(5000, 300 * 2 ** attempt));
  }
};

const show = (nodes, view) => {
  clips.keep([...(view.clips ?? []), ...(view.upcoming ?? [])]);
  stage.replaceChildren(banner, ...nodes.filter(Boolean));
  stage.removeAttribute('aria-busy');
  stage.setAttribute('lang', session.texts.language);
  stage.dataset.step = view.step;
  document.documentElement.lang = session.texts.language;
  // No way out of the test by mistake: other pages and settings are there before it and after it.
  const away = !['consent', 'end', 'preparing', 'closed'].includes(view.step);
  for (const link of document.querySelectorAll('.nav-holder, footer, .languages')) link.style.visibility = away ? 'hidden' : '';
  stage.querySelector('.heading')?.focus({ preventScroll: true });
  stage.scrollIntoView?.({ block: 'nearest' });
};

// The heading counts; the bar has no figures of its own beside it.
const progress = (view, texts) => h('div', { class: 'progress' },
  h('progress', { max: view.total, value: view.done, 'aria-label': say(texts.progress, view) }));

const draw = () => {
  const { view, texts } = session;
  if (!view || !texts.language) return;
  session.trial = null;
  if (view.step === 'trial' || view.step === 'practice') {
    const { state, nodes } = trialStep(view, texts, rate);
    session.trial = state;
    const title = say(view.step === 'trial' ? texts.trial_heading : texts.practice_heading, { n: view.number, total: view.of });
    const hint = view.step === 'practice' && h('p', { class: 'small' }, texts.practice_intro);
    show([progress(view, texts), h('h1', { class: 'heading', tabindex: -1 }, title), hint, ...nodes], view);
    Promise.all(view.clips.map((name) => clips.load(name))).then(() => view.upcoming.forEach((name) => clips.load(name)), () => {});
  } else {
    show(steps[view.step](view, texts, answer), view);
    (view.upcoming ?? []).forEach((name) => clips.load(name));
  }
};

const take = (reply, after) => {
  if (reply.view) {
    session.view = reply.view;
    if (reply.view.token) keep(TOKEN, reply.view.token);
  } else if (reply.preparing) {
    session.view = { step: 'preparing', ...reply.preparing };
    setTimeout(enter, 2000);
  } else if (reply.closed) {
    session.view = { step: 'closed', problem: reply.closed };
  }
  else if (reply.refused && !session.view) session.view = { step: 'closed', problem: reply.message };
  draw();
  // What was sent again because its answer was lost has its rating by the first time.
  if (reply.refused === 'already-rated') tell(reply.asked > 1 ? null : session.texts.already);
  else if (reply.refused && !(after === 'enter')) tell(say(session.texts.refused, reply));
};

const enter = async () => {
  const unsent = kept(UNSENT);
  if (unsent) {
    await post('rate', JSON.parse(unsent));
    keep(UNSENT, null);
  }
  if (!kept(VISIT)) keep(VISIT, Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join(''));
  take(await post('enter', { token: kept(TOKEN), visit: kept(VISIT), parameters: linkParameters() }), 'enter');
};
const answer = async (event, answers) => {
  if (session.busy) return;
  session.busy = true;
  take(await post('answer', { token: session.view.token, event, answers }));
  session.busy = false;
};
const rate = async (rating) => {
  keep(UNSENT, JSON.stringify(rating));
  const reply = await post('rate', rating);
  keep(UNSENT, null);
  if (reply.refused === 'not-ours' || reply.refused === 'deleted') await enter();
  else take(reply);
};

const onKey = (event) => {
  if (!element.isConnected) return document.removeEventListener('keydown', onKey);
  session.trial?.key(event);
};
document.addEventListener('keydown', onKey);

const translate = () => {
  let texts;
  try { texts = JSON.parse(props.value); } catch { return; }
  if (texts.language === session.texts.language) return;
  const first = !session.texts.language;
  session.texts = texts;
  if (first) enter();
  else if (!session.trial?.sent) draw();
};
translate();
watch('value', translate);
