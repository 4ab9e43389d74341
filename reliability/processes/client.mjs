/** Programs, in a process that may be killed. */
import { answerCalls } from '../driver/answer-calls.mjs';
import { runProgram } from '../faults/run-program.mjs';

const parent = answerCalls({
  /** @param {import('../faults/run-program.mjs').Run} run */
  run: (run) => runProgram(run, () => parent.ask('calm')),
});
