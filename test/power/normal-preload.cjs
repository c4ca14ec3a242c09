// The negative control of the power-loss test: SQLite runs with synchronous=NORMAL while it tells
// the product FULL, because the product refuses to start with anything less. Works in every thread.

const Database = require('better-sqlite3')

const pragma = Database.prototype.pragma
Database.prototype.pragma = function (text, options) {
  if (text === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options)
  if (text === 'synchronous') return 2
  return pragma.call(this, text, options)
}
