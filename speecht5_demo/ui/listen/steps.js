// What each step of a session looks like. A step gets the view that the server sent and says what the listener did.
const say = (text, values = {}) => (text ?? '').replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const heading = (text) => h('h1', { tabindex: -1, class: 'heading' }, text);
const button = (text, act, attributes = {}) => h('button', { type: 'button', class: 'go', onclick: act, ...attributes }, text);
const status = (text = '') => h('p', { class: 'status', role: 'status', 'aria-live': 'polite' }, text);
const choices = (name, legend, options, chosen) => h('fieldset', { class: `choices ${name}` },
  h('legend', {}, legend),
  ...options.map(([value, label, number]) => h('label', {},
    h('input', { type: 'radio', name, value, onchange: () => chosen?.(value) }),
    h('span', { class: 'option' }, number != null && h('b', {}, number), ' ', label))));
const picked = (name) => element.querySelector(`input[name="${name}"]:checked`)?.value ?? null;

const goOnElsewhere = (texts) => {
  const link = h('code', { hidden: true }, '');
  const copy = button(texts.go_on_elsewhere, async () => {
    link.textContent = resumeLink();
    link.hidden = false;
    copy.textContent = await copied(link.textContent, link) ? texts.copied : texts.copy_by_hand;
  }, { class: 'quiet' });
  return h('div', { class: 'elsewhere' }, copy, link);
};

const steps = {
  consent(view, texts, send) {
    return [
      heading(view.title || texts.consent_heading),
      h('p', {}, say(texts.consent_intro, view)),
      h('h2', {}, texts.consent_stored),
      h('ul', {}, ...texts.consent_list.map((line) => h('li', {}, line))),
      h('p', {}, texts.consent_not), h('p', {}, texts.consent_stop),
      view.contact && h('p', {}, say(texts.consent_contact, view)),
      view.preview && h('p', { class: 'banner' }, texts.preview),
      button(texts.consent_agree, () => send('consent', { parameters: linkParameters(), language: texts.language }), { disabled: view.preview }),
    ];
  },

  about(view, texts, send) {
    const next = button(texts.next, () => send('about', { device: picked('device'), headphones: picked('headphones') }), { disabled: true });
    const ready = () => { next.disabled = !(picked('device') && picked('headphones')); };
    return [
      heading(texts.about_heading),
      choices('device', texts.device, Object.entries(texts.devices), ready),
      choices('headphones', texts.headphones, Object.entries(texts.headphone_kinds), ready),
      next, goOnElsewhere(texts),
    ];
  },

  'headphone-check'(view, texts, send) {
    let round = 1, right = 0, which = 0;
    const leaving = new AbortController();
    const progress = h('p', { class: 'small' }), news = status();
    const answer = h('fieldset', { class: 'choices noises', disabled: true }, h('legend', {}, texts.check_which),
      ...[1, 2, 3].map((n) => h('button', { type: 'button', onclick: () => choose(n) }, say(texts.check_choice, { n }))));
    const play = button(texts.check_play, async () => {
      play.disabled = true;
      which = 1 + Math.floor(Math.random() * 3);
      await playNoises(which, (n) => { news.textContent = n ? say(texts.check_playing, { n }) : texts.check_which; }, leaving.signal);
      if (leaving.signal.aborted) return;
      answer.disabled = false;
      answer.querySelector('button').focus();
    });
    const choose = (n) => {
      right += n === which;
      answer.disabled = true;
      if (++round > ROUNDS) return send('headphone-check', { result: `${right}/${ROUNDS}` });
      progress.textContent = say(texts.check_progress, { n: round, total: ROUNDS });
      news.textContent = '';
      play.disabled = false;
      play.focus();
    };
    progress.textContent = say(texts.check_progress, { n: 1, total: ROUNDS });
    return [
      heading(texts.check_heading), h('p', {}, texts.check_intro), progress, play, news, answer,
      button(texts.check_skip, () => { leaving.abort(); return send('headphone-check', { result: 'skipped' }); }, { class: 'quiet' }),
    ];
  },

  level(view, texts, send) {
    const ready = button(texts.level_ready, () => send('level', {}), { disabled: true });
    const player = view.upcoming.length && clipPlayer(view.upcoming[0], '', texts.clip, texts, () => { ready.disabled = !player.heard.plays; });
    if (!player) ready.disabled = false;
    else player.audio.loop = true; // as long as it takes to find the volume
    return [heading(texts.level_heading), h('p', {}, texts.level_intro), player && player.node, ready];
  },

  break(view, texts, send) {
    return [heading(texts.break_heading), h('p', {}, say(texts.break_text, view)), button(texts.break_continue, () => send('break', {})), goOnElsewhere(texts)];
  },

  end(view, texts) {
    const code = h('code', {}, view.code);
    const copy = button(texts.copy, async () => { copy.textContent = await copied(view.code, code) ? texts.copied : texts.copy_by_hand; }, { class: 'quiet' });
    return [
      heading(texts.end_heading), h('p', {}, texts.end_text),
      h('p', { class: 'small' }, texts.end_code), h('p', { class: 'code' }, code), copy,
    ];
  },

  preparing(view, texts) {
    return [
      heading(texts.preparing_heading),
      h('p', { role: 'status' }, say(texts.preparing_text, view)),
      h('progress', { max: view.total || 1, value: view.done, 'aria-label': texts.preparing_heading }),
    ];
  },

  closed(view, texts) {
    return [heading(texts.closed_heading), h('p', {}, view.problem)];
  },
};

// A clip, or a pair of them, and the scale. `rate(answer)` is called once.
const trialStep = (view, texts, rate) => {
  const { scale, clips: labels, listen, numbers, highest_first } = texts.methods[view.method];
  const rising = Object.keys(scale).map(Number).sort((a, b) => a - b), news = status(texts.loading);
  const state = { sent: false, ready: false };
  const enough = (player) => player.heardFraction() >= texts.must_hear;
  const number = (value) => ({
    plain: String(value),
    signed: (value > 0 ? `+${value}` : String(value)).replace('-', '−'),
    key: String(rising.indexOf(value) + 1),
  })[numbers];
  const refresh = () => {
    const players = state.players;
    if (!players || state.sent) return;
    const heard = players.every(enough);
    if (heard && !state.ready) {
      state.ready = true;
      scaleField.disabled = false;
      news.textContent = texts.rate_now;
    } else if (!heard) {
      const failed = players.some((player) => player.failed), loading = players.some((player) => !player.ready);
      const muted = players.some((player) => player.audio.muted || player.audio.volume === 0);
      const text = failed ? texts.clip_failed : loading ? texts.loading : muted ? texts.muted : texts[listen];
      if (news.textContent !== text) news.textContent = text;
    }
  };
  const scaleField = choices('rating', texts.questions[view.question] ?? view.question,
    (highest_first ? [...rising].reverse() : rising).map((value) => [value, scale[value], number(value)]), (value) => {
      submit.disabled = false;
      news.textContent = say(matchMedia('(pointer: coarse)').matches ? texts.chosen_touch : texts.chosen, { answer: `${number(Number(value))} ${scale[value]}` });
    });
  scaleField.disabled = true;
  const send = () => {
    const value = picked('rating');
    if (state.sent || !state.ready || value === null) return;
    state.sent = true;
    scaleField.disabled = submit.disabled = true;
    news.textContent = texts.saving;
    const started = Math.min(...state.players.map((player) => player.heard.since ?? performance.now()));
    rate({
      ticket: view.ticket, rating: Number(value),
      heard: Math.min(...state.players.map((player) => player.heardFraction())),
      plays: state.players.reduce((sum, player) => sum + player.heard.plays, 0),
      response_s: (performance.now() - started) / 1000,
      receipts: view.clips.map((name) => clips.receipts.get(name) ?? ''),
    });
  };
  const submit = button(texts.submit, send, { disabled: true });
  state.players = view.clips.map((name, n) => clipPlayer(name, ['A', 'B'][n], texts[labels[n]], texts, refresh));
  const transport = makeTransport({ list: () => state.players });
  const players = state.players.map((player, n) => h('div', { class: 'clip' }, labels.length > 1 && h('p', { class: 'small' }, texts[labels[n]]), player.node));
  state.key = (event) => {
    const inRadio = event.target.matches?.('input[type=radio]'), inButton = event.target.closest?.('button, a, summary');
    const options = [...scaleField.querySelectorAll('input')];
    const choose = (input) => { input.checked = true; input.focus(); input.dispatchEvent(new Event('change')); };
    if (event.ctrlKey || event.altKey || event.metaKey || /^(TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (transport.key(event)) return;
    if (/^[1-9]$/.test(event.key) && state.ready && !state.sent) {
      const input = options.find((option) => Number(option.value) === rising[Number(event.key) - 1]);
      if (input) choose(input);
    } else if (/^Arrow(Up|Down)$/.test(event.key) && state.ready && !state.sent && !inRadio && !inButton) {
      choose(options[event.key === 'ArrowDown' ? 0 : options.length - 1]);
      event.preventDefault();
    } else if (event.key === 'Enter' && !inButton) {
      send();
    } else if (event.key === ' ' && !inButton && !(inRadio && !event.target.checked)) {
      (state.players.find((player) => !enough(player)) ?? state.players[0]).press();
      event.preventDefault();
    }
  };
  const keyOf = (value) => {
    const key = String(rising.indexOf(value) + 1);
    return number(value) === key ? key : `${key} (${number(value)})`;
  };
  const keys = [say(texts.keys, { low: keyOf(rising[0]), high: keyOf(rising.at(-1)) }), players.length > 1 && texts.keys_pair].filter(Boolean).join(' ');
  return { state, nodes: [...players, news, scaleField, submit, h('p', { class: 'small keys' }, keys)] };
};
