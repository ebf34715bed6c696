// The environment of the tests is Node's. In a terminal Jest tells its workers to force colours, for what it writes itself; the programs that a test starts would inherit
// that, and print numbers with colours around them.
const NodeEnvironment = require('jest-environment-node').default;

delete process.env.FORCE_COLOR;

module.exports = NodeEnvironment;
