// `node packages/web/server-enhanced.js` is `npm start`.
process.argv.splice(2, 0, 'start');
await import('../../scripts/run.mjs');
