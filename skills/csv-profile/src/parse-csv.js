'use strict';

/**
 * Records of a CSV text (RFC 4180: quotes, doubled quotes, line breaks inside quotes; LF or CRLF), one at a time.
 * A skill runs without the server's packages, so this is written out here.
 */
function* parseCsv(text, delimiter) {
  let record = [];
  let field = '';
  let quoted = false;
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (char === '"' && field === '') quoted = true;
    else if (char === delimiter) {
      record.push(field);
      field = '';
    } else if (char === '\n') {
      record.push(field.endsWith('\r') ? field.slice(0, -1) : field);
      field = '';
      yield record;
      record = [];
    } else field += char;
  }
  if (field !== '' || record.length > 0) yield [...record, field];
}

module.exports = { parseCsv };
