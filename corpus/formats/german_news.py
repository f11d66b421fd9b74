"""placeholder"""
def read(source, into): return []
