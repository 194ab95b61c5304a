/** A product with one thread for each result: no tiles, no workgroup memory, right for any operands. */

import { productOfExtents } from '../../../dsl/extent.ts';
import { accumulator } from '../../../dsl/scalar.ts';
import type { ContractKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import { type Body, bindAs } from '../body.ts';
import { atom, bound, extentCode, infix, level } from '../code.ts';
import { converted } from '../functions.ts';
import { openGrid } from '../grid.ts';
import { writeAll } from '../memory.ts';
import { rightOperand } from './operands.ts';

/** Neighbouring threads take neighbouring n, so that a right operand that runs along n is read in order. */
export const printDirect: Body<ContractKernel> = (shader, kernel, { threads }) => {
  const { batch, m, n, k, left, writes } = kernel;
  const right = rightOperand(kernel);
  const total = productOfExtents([batch.extent, m.extent, n.extent]);
  let workgroups: readonly TileCount[] = [];
  shader.main(threads!, [], (body) => {
    workgroups = openGrid(body, [{ name: 'block', extent: total, per: threads! }]);
    body.line(`let result = block * ${threads} + i32(local);`);
    body.line(`if (${infix('<=', extentCode(total), atom('result')).text}) { return; }`);
    const [rows, columns] = [extentCode(m.extent), extentCode(n.extent)];
    const row = infix('/', atom('result'), columns);
    body.line(`let n = ${infix('%', atom('result'), columns).text};`);
    body.line(`let m = ${infix('%', row, rows).text};`, `let batch = ${infix('/', row, rows).text};`);
    bindAs(body, [
      [batch, 'batch'],
      [m, 'm'],
      [n, 'n'],
    ]);
    body.line('var sum = 0.0;');
    body.hoist([left, right], [k]);
    body.block(`for (var k = 0; k < ${bound(extentCode(k.extent), level.sum)}; k++)`, (inner) => {
      inner.bind(k, atom('k'));
      const [a, b] = inner.values([left, right]);
      const product = infix('*', converted(a!, left.type, 'f32', false), converted(b!, right.type, 'f32', false));
      inner.line(`sum += ${product.text};`);
    });
    body.bind(accumulator, atom('sum'));
    writeAll(body, writes);
  });
  return workgroups;
};
