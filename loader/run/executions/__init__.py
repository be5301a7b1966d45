"""Executions: where rows are prepared and sent.

base              what each execution is given, and what it gives
in_process        all of it in this process
worker_processes  in processes of their own
worker_count      the number of these
"""
