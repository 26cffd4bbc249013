"""Scripted hosts: what real tools do not do on request.

swd.py       a probe on SWCLK and SWDIO
"""
