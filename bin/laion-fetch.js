#!/usr/bin/env node
'use strict';
// This file and node-version.js are read by any Node, however old, so that it can say what it lacks.
const nodeVersion = require('./node-version.js');

const problem = nodeVersion.problemOf(process.versions.node, nodeVersion.REQUIRED);
if (problem === null) require('./start.js');
else {
  process.stderr.write(`laion-fetch: ${problem}\n`);
  process.exitCode = 6;
}
