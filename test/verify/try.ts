import { verifyDirectory, interpreterRunner, worstLast } from '../../model/verify/verify.ts';
import { directoryStore } from '../../targets/node/files.ts';
const rows = [];
const t = performance.now();
for await (const row of verifyDirectory(directoryStore(process.argv[2]!), interpreterRunner)) rows.push(row);
for (const r of worstLast(rows)) console.log(r.ok ? 'ok ' : 'BAD', r.file, r.case, r.tensor, r.error?.toExponential(2), r.tolerance, r.note ?? '');
console.log(rows.length, performance.now() - t);
