// The child process of conformance.mjs: runs the specs of a bundle on a backend and sends what became of each.
const jasmineCore = require('jasmine-core');

const [, , bundle, backend] = process.argv;
const jasmine = jasmineCore.boot(jasmineCore);
const environment = jasmine.getEnv();
const results = [];

function record({ fullName, status, failedExpectations }) {
  const name = fullName.replaceAll(` ${backend} {}`, ''); // the same name on every backend
  results.push({ name, status, message: failedExpectations[0]?.message ?? '' });
}

async function main() {
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000; // as tfjs-core sets it
  environment.configure({ random: false });
  environment.addReporter({
    specDone: record,
    // A suite fails by itself when a backend cannot be started or disposed of.
    suiteDone: (suite) => suite.failedExpectations.length > 0 && record({ ...suite, status: 'failed' }),
  });
  await require(bundle).declareSpecs(backend);
  await environment.execute();
  process.send(results, () => process.exit());
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
