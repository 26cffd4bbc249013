"""`python -m stm32trace`."""

from stm32trace.cli import main

if __name__ == '__main__':
    main(prog_name='stm32trace')
