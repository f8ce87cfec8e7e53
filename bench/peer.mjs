// The other process of a row that needs two: node peer.mjs '{"module","role",…}'. It loads the role
// from its contender and answers calls over the IPC channel until that closes. Started by
// lib/pair.mjs only.

const job = JSON.parse(process.argv[2] ?? '{}');
const contender = await import(`./contenders/${job.module}.mjs`);
const role = await contender[job.role](job);

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: await role[method](...args) });
  } catch (error) {
    process.send({ id, error: error.stack ?? String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: true });
