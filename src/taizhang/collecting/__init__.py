"""Collecting in the villages: collection points (采集点), rounds of verification (核实), attempts to reach people."""
