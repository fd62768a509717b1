'use strict';

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { setImmediate: turn } = require('node:timers/promises');

const { counted } = require('./counted.js');
const { parseCsv } = require('./parse-csv.js');
const { profileColumn } = require('./profile-column.js');
const { report } = require('./report.js');

module.exports = {
  metadata: {
    name: 'csv-profile',
    version: '1.0.0',
    description: 'Shows the types, missing values and distributions of a CSV',
    category: 'data',
    difficulty: 'beginner',
    author: 'ihuman',
    parameters: {
      csv: {
        type: 'string',
        required: true,
        minLength: 1,
        description: 'The CSV itself; its first line names the columns',
      },
      delimiter: { type: 'string', default: ',', minLength: 1, maxLength: 1, description: 'What separates two fields' },
      maxCategories: {
        type: 'integer',
        default: 10,
        minimum: 1,
        maximum: 100,
        description: 'Most frequent values to list per text column',
      },
    },
  },

  async execute({ csv, delimiter, maxCategories }, context) {
    const { names, values, ragged } = await readColumns(csv, delimiter, context);
    const columns = [];
    for (const [i, name] of names.entries()) {
      columns.push(profileColumn(name, values[i], maxCategories));
      context.progress(50 + ((i + 1) / names.length) * 50, `column ${name}`);
      await turn();
      context.signal.throwIfAborted();
    }
    const profile = { rows: values[0]?.length ?? 0, raggedRows: ragged, columns };
    writeFileSync(join(context.workDir, 'profile.json'), `${JSON.stringify(profile, null, 2)}\n`);
    writeFileSync(join(context.workDir, 'report.md'), report(profile));
    context.log.info(`${counted(profile.rows, 'row')} in ${counted(names.length, 'column')}`);
    return profile;
  },
};

async function readColumns(csv, delimiter, context) {
  let names = null;
  let values = [];
  let ragged = 0;
  let rows = 0;
  const expected = Math.max(1, csv.split('\n').length);
  for (const record of parseCsv(csv, delimiter)) {
    if (names === null) {
      names = record.map((name, i) => name.trim() || `column ${i + 1}`);
      values = names.map(() => []);
      continue;
    }
    if (record.length !== names.length) ragged++;
    for (const [i, column] of values.entries()) column.push(record[i] ?? '');
    if (++rows % 500 === 0) {
      context.progress((rows / expected) * 50, `row ${rows}`);
      await turn();
      context.signal.throwIfAborted();
    }
  }
  if (ragged > 0)
    context.log.warn(`${counted(ragged, 'row')} ${ragged === 1 ? 'has' : 'have'} more or fewer fields than the header`);
  return { names: names ?? [], values, ragged };
}
