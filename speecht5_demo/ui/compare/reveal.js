// What a card and the table show once the server tells.
const change = (text, direction) => text && h('span', { class: `change ${direction || ''}` }, text);
const figures = (data, reveal) => {
  const parts = [h('p', { class: 'about' }, reveal.explanation)];
  const fact = (name, value, delta) =>
    [h('dt', {}, name), h('dd', {}, value, ...(delta ? [' ', change(delta.text, delta.direction)] : []))];
  if (reveal.latency) {
    const stages = reveal.latency.stages;
    parts.push(
      h('div', { class: 'big' }, h('strong', {}, reveal.latency.median), h('small', {}, reveal.latency.note),
        reveal.latency.change && change(reveal.latency.change.text, reveal.latency.change.direction)),
      h('div', { class: 'stages' },
        h('div', { class: 'bar', 'aria-hidden': 'true' }, ...stages.map((stage, i) =>
          h('span', { style: `flex:${stage.share} 1 0;background:var(--stage-${i + 1})` }))),
        h('ul', { 'aria-label': t('Stages') }, ...stages.map((stage, i) =>
          h('li', { style: `--dot:var(--stage-${i + 1})` }, `${stage.name} ${stage.seconds}`)))));
  }
  const rows = [];
  for (const row of reveal.facts) rows.push(...fact(row.name, row.value, row.change));
  parts.push(h('dl', { class: 'facts' }, ...rows));
  if (reveal.spectrogram && data.audio) {
    parts.push(h('figure', {},
      h('img', { class: 'day', src: `${root}${reveal.spectrogram.day}`, alt: reveal.spectrogram.alt }),
      h('img', { class: 'night', src: `${root}${reveal.spectrogram.night}`, alt: reveal.spectrogram.alt }),
      h('figcaption', { 'aria-hidden': 'true' }, h('span', {}, '0 s'), h('span', {}, t('mel spectrogram')),
        h('span', {}, `${data.audio.seconds.toFixed(1)} s`))));
  }
  if (reveal.difference && data.audio) {
    const { day, night, sentence, aligned } = reveal.difference;
    parts.push(h('figure', { class: 'difference' },
      h('img', { class: 'day', src: `${root}${day}`, alt: sentence }),
      h('img', { class: 'night', src: `${root}${night}`, alt: sentence }),
      h('figcaption', { 'aria-hidden': 'true' }, h('span', {}, aligned ? '0 s' : ''), h('span', {}, aligned ? t('difference from the baseline') : t('difference of average spectra')),
        h('span', {}, aligned ? `${data.audio.seconds.toFixed(1)} s` : '')),
      h('p', { class: 'about', 'aria-hidden': 'true' }, sentence)));
  }
  return parts;
};
const revealTable = (value) => {
  const cell = (part, i) => h('td', { 'data-label': value.table.head[i + 2] }, part.text, ...(part.change ? [' ', change(part.change.text, part.change.direction)] : []));
  const result = value.table.result.length ? [h('ul', { class: 'result' }, ...value.table.result.map((sentence) => h('li', {}, sentence)))] : [];
  return [...result, h('table', {}, h('caption', {}, value.table.caption),
      h('thead', {}, h('tr', {}, ...value.table.head.map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, ...value.table.rows.map((row) => h('tr', {},
        h('th', { scope: 'row' }, h('span', { class: 'letter-small', 'aria-hidden': 'true' }, row.letter), row.label),
        h('td', { 'data-label': value.table.head[1] }, ...(row.votes ? [row.votes] : row.rating
          ? [h('span', { class: 'stars', 'aria-hidden': 'true' }, '★'.repeat(row.rating) + '☆'.repeat(5 - row.rating)),
            ` ${row.rating} ${t(WORDS[row.rating - 1])}`] : [t('not rated')])),
        ...row.cells.map(cell))))),
  h('p', { class: 'note' }, value.table.note),
  ...(value.table.bundle ? [h('p', { class: 'note' }, h('a', { class: 'download', href: root + value.table.bundle, download: 'comparison.zip' }, t('Take it all away: samples and figures in one file')))] : [])];
};
