import { engineRunner, verifyDirectory, worstLast } from '../../model/verify/verify.ts';
import { openEngine } from '../../runtime/engine.ts';
import { nodeBackends } from '../../targets/node/backends.ts';
import { directoryStore } from '../../targets/node/files.ts';

const engine = await openEngine(process.argv[3]!, nodeBackends, {});
console.log(engine.info);
const rows = [];
const t = performance.now();
const runner = engineRunner(engine);
for await (const row of verifyDirectory(directoryStore(process.argv[2]!), runner, {
  only: new RegExp(process.argv[4] ?? ''),
})) {
  rows.push(row);
  if (!row.ok) console.log('BAD', row.case, row.tensor, row.error, row.note?.slice(0, 300));
}
for (const r of worstLast(rows))
  if (r.covered)
    console.log(
      r.ok ? 'ok ' : 'BAD',
      r.file,
      r.case,
      r.tensor,
      r.error?.toExponential(2),
      r.tolerance,
      r.note?.slice(0, 300) ?? '',
    );
console.log(rows.length, performance.now() - t);
await runner.close();
await engine.close();
