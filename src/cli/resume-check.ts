import type { Command } from 'commander';
import { httpUrl, learningRate, rank, wholeNumber } from './quickstart/options.js';
import type { ResumeCheckFlags } from './run-resume-check.js';

/** `tinkerjs resume-check`: whether the optimizer state comes back at a server. */
export function addResumeCheck(program: Command): void {
  program
    .command('resume-check')
    .description('train a small adapter, save it, and resume it with and without the optimizer: shows whether its state comes back')
    .option('--url, --base-url <address>', 'the server (default: TINKER_BASE_URL, else the Tinker cloud)', httpUrl)
    .option('--api-key <key>', 'key to send (default: TINKER_API_KEY)')
    .option('--base-model <name>', 'base model to train (default: the first that the server names)')
    .option('--rank <rank>', 'LoRA rank', rank, 8)
    .option('--learning-rate <rate>', "Adam's learning rate; a higher one makes differences larger", learningRate, 0.001)
    .option('--steps <count>', 'optimizer steps before the save', wholeNumber(2, 1000), 4)
    .option('--time-limit <seconds>', 'for each call', wholeNumber(1, 86_400), 600)
    .option('--json', 'print one object of JSON', false)
    .action(async (flags: ResumeCheckFlags) => {
      // Loaded only now: the other commands need neither bars nor the client.
      const { runResumeCheck } = await import('./run-resume-check.js');
      process.exitCode = await runResumeCheck(flags);
    });
}
