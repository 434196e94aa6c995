"""The engine `fast`: `replay` as one walk over tables of numbers, with the same result to the bit."""
