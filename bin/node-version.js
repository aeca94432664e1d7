'use strict';

/** The oldest Node that this package supports: `20.18`. */
exports.REQUIRED = require('../package.json').engines.node.replace('>=', '');

/**
 * Why this version of Node cannot run the command; null if it can. Both versions are numbers with dots: `20.18.0`.
 */
exports.problemOf = (found, required) => {
  const parts = found.split('.').map(Number);
  const wanted = required.split('.').map(Number);
  const different = wanted.findIndex((part, index) => part !== parts[index]);
  if (different === -1 || parts[different] > wanted[different]) return null;
  return (
    `Cannot start with Node ${found}: expected Node ${required} or later; ` +
    'install it from https://nodejs.org or with a version manager (nvm install --lts)'
  );
};
