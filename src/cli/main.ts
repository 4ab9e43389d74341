#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { version } from '../index.js';
import { addContract } from './contract.js';
import { addInspect } from './inspect.js';
import { addQuickstart } from './quickstart/command.js';
import { addResumeCheck } from './resume-check.js';
import { addServe } from './serve.js';

/** The subcommands; each adds itself to the program. */
const commands: readonly ((program: Command) => void)[] = [addServe, addQuickstart, addContract, addInspect, addResumeCheck];

const usageExitCode = 2;

const versionLine = `tinkerjs ${version}`;

const program = new Command('tinkerjs')
  .description('Train LoRA adapters through the Tinker API, and serve that API on this machine')
  .version(versionLine, '--version', 'print the version')
  .exitOverride()
  .showHelpAfterError('(add --help for the options)');
program
  .command('version')
  .description('print the version')
  .action(() => console.log(versionLine));
for (const add of commands) add(program);
// Subcommands take over the handling of errors only when they are told to.
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : usageExitCode;
  else {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 1;
  }
}
