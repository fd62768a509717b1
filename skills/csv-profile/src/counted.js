'use strict';

/** A number of things in words: `1 row`, `2 rows`. */
function counted(count, one) {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

module.exports = { counted };
