'use strict';

const { counted } = require('./counted.js');

const bars = '▁▂▃▄▅▆▇█';

/** The profile as Markdown for people. */
function report({ rows, columns }) {
  const lines = [
    `# ${counted(rows, 'row')}, ${counted(columns.length, 'column')}`,
    '',
    '| column | type | missing | distinct | values |',
    '| --- | --- | --- | --- | --- |',
  ];
  for (const column of columns) {
    lines.push(
      `| ${escape(column.name)} | ${column.type} | ${column.missing} | ${column.distinct} | ${summary(column)} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function summary(column) {
  if (column.histogram !== undefined)
    return `${short(column.min)} ${spark(column.histogram)} ${short(column.max)}, median ${short(column.quantiles.p50)}`;
  if (column.top !== undefined)
    return column.top
      .slice(0, 3)
      .map(({ value, count }) => `${escape(value)} (${count})`)
      .join(', ');
  return column.min === undefined ? '' : `${column.min} to ${column.max}`;
}

function spark(histogram) {
  const most = Math.max(...histogram.map((bin) => bin.count));
  return histogram.map((bin) => bars[Math.ceil((bin.count / most) * (bars.length - 1))]).join('');
}

function short(value) {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

function escape(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 60);
}

module.exports = { report };
