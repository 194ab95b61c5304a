/**
 * Optimisers as graph code: from gradients to updates of parameters and moments, in place. LAMB (You et al. 2020, in the form of Apex
 * and timm) and AdamW (Loshchilov & Hutter 2019) differ in one factor, LAMB's trust ratio.
 */
import {
  add,
  and,
  type Dim,
  dim,
  div,
  expand,
  index,
  input,
  less,
  maximum,
  minimum,
  mul,
  type Operand,
  type Shape,
  sqrt,
  square,
  state,
  sub,
  sum,
  type Tensor,
  update,
  where,
} from '../../../dsl/index.ts';

export interface OptimizerSettings {
  readonly name: 'lamb' | 'adamw';
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The largest joint norm of all gradients; larger ones are scaled down to it. */
  readonly clipNorm: number;
}

/** The paper's LAMB; where it is silent, what Apex and timm do. */
export const paperOptimizer: OptimizerSettings = {
  name: 'lamb',
  betas: [0.9, 0.98],
  epsilon: 1e-6,
  weightDecay: 0.05,
  clipNorm: 1,
};

/** Which of the two learning rates a parameter has. */
export type RateGroup = 'base' | 'projection';

/** A parameter that learns: a state, its gradient, and how it is treated. */
export interface Learned {
  readonly name: string;
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly rate: RateGroup;
  /** Whether weight decay and the trust ratio apply. */
  readonly decays: boolean;
  /** Where the value must stay after each step. */
  readonly range?: readonly [lowest: number, highest: number];
}

/** Names of the states that hold a parameter's two moments. */
export const momentNames = (name: string) => ({ first: `optimizer.m/${name}`, second: `optimizer.v/${name}` });

/** What changes from step to step, the input `optimizer` [4] of a training program. */
export interface StepNumbers {
  readonly baseRate: number;
  readonly projectionRate: number;
  /** Counted from 1. */
  readonly step: number;
}

const numbers = ['base', 'projection', 'firstCorrection', 'secondCorrection'] as const;

/** The input `optimizer` of a step: both rates, and the corrections of the moments' bias, 1 / (1 − βᵗ). */
export function optimizerInput(
  { betas }: Pick<OptimizerSettings, 'betas'>,
  { baseRate, projectionRate, step }: StepNumbers,
): Float32Array {
  const [first, second] = betas.map((beta) => 1 / (1 - beta ** step)) as [number, number];
  return Float32Array.of(baseRate, projectionRate, first, second);
}

export interface Optimized {
  readonly updates: readonly Tensor[];
  /** The joint norm of all gradients before they are clipped. */
  readonly gradientNorm: Tensor<readonly []>;
  /** Σ gradient² of each parameter, in order: which one is not finite, when the norm is not. */
  readonly squaredNorms: Tensor<readonly [Dim<'learned'>]>;
}

const operand = <S extends Shape>(x: Tensor): Operand<S> => x as unknown as Operand<S>;

/**
 * One step for every parameter. When a gradient is not finite nothing changes, so that what was learnt before can be saved.
 */
export function optimize(learned: readonly Learned[], settings: OptimizerSettings): Optimized {
  const given = input('optimizer', [dim('number', numbers.length)]);
  const number = (name: (typeof numbers)[number]): Tensor => index(given, 'number', numbers.indexOf(name)) as Tensor;
  const squaredNorms = collect(
    'optimizer.squaredNorms',
    learned.map(({ gradient }) => gradient),
  );
  const gradientNorm = sqrt(sum(squaredNorms, 'learned'));
  const isSound = less(gradientNorm, 3e38);
  const scale = div(minimum(settings.clipNorm, gradientNorm), maximum(gradientNorm, 1e-30));
  const [beta1, beta2] = settings.betas;

  const steps = learned.map((one) => {
    const { value, gradient, name } = one;
    const clipped = mul(gradient, operand(scale));
    const moments = momentNames(name);
    const first = state(moments.first, value.shape) as Tensor;
    const second = state(moments.second, value.shape) as Tensor;
    const kept = (after: Tensor, before: Tensor): Tensor => where(operand(isSound), after, before);
    const newFirst = update(first, kept(add(mul(first, beta1), mul(clipped, 1 - beta1)), first));
    const newSecond = update(second, kept(add(mul(second, beta2), mul(square(clipped), 1 - beta2)), second));
    const direction = div(
      mul(newFirst, operand(number('firstCorrection'))),
      add(sqrt(mul(newSecond, operand(number('secondCorrection')))), settings.epsilon),
    );
    return { ...one, first: newFirst, second: newSecond, direction, kept };
  });

  const decaying = steps.filter(({ decays }) => decays);
  const decayed = ({ direction, value, decays }: (typeof steps)[number]): Tensor =>
    decays ? add(direction, mul(value, settings.weightDecay)) : direction;
  const hasRatio = settings.name === 'lamb';
  const valueNorms = hasRatio
    ? collect(
        'optimizer.valueNorms',
        decaying.map(({ value }) => value),
      )
    : undefined;
  const stepNorms = hasRatio ? collect('optimizer.stepNorms', decaying.map(decayed)) : undefined;
  const trustRatio = (one: (typeof steps)[number]): Tensor | number => {
    const at = decaying.indexOf(one);
    if (!valueNorms || !stepNorms || at < 0) return 1;
    const [ofValue, ofStep] = [valueNorms, stepNorms].map((norms) => index(norms, 'learned', at) as Tensor);
    // 1 when either is 0.
    const ratio = sqrt(div(ofValue!, maximum(ofStep!, 1e-38)));
    return where(and(less(0, ofValue!), operand(less(0, ofStep!))), ratio, 1);
  };

  const updates = steps.flatMap((one) => {
    const { value, rate, range, first, second, kept } = one;
    const ratio = trustRatio(one);
    const size = typeof ratio === 'number' ? number(rate) : mul(number(rate), operand(ratio));
    const moved = sub(value, mul(decayed(one), operand(size)));
    const bounded = range ? minimum(maximum(moved, range[0]), range[1]) : moved;
    return [first, second, update(value, kept(bounded, value))];
  });
  return {
    updates: [squaredNorms, ...[valueNorms, stepNorms].flatMap((x) => x ?? []), ...updates],
    gradientNorm,
    squaredNorms,
  };
}

/**
 * Σ x² of every tensor, side by side in one state: what needs all of them reads one buffer, however many parameters there are.
 * Summed in two steps, along rows and then down the first dimension, so that threads share the first.
 */
function collect(name: string, tensors: readonly Tensor[]): Tensor<readonly [Dim<'learned'>]> {
  const slots = state(name, [dim('learned', Math.max(1, tensors.length))]);
  return tensors.reduce<Tensor<readonly [Dim<'learned'>]>>((filled, x, start) => {
    const [first = dim('row', 1), ...others] = x.shape;
    const squares: Tensor = square(x);
    const rows: Tensor = others.length > 0 ? sum(squares, ...others.map((d) => d.name)) : expand(squares, [first]);
    const total = sum(expand(rows, [dim('learned', 1), first]), first.name);
    return update(filled, total as unknown as Tensor<readonly [Dim<'learned'>]>, { along: 'learned', start });
  }, slots);
}
