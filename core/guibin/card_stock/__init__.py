"""Cards before anybody has one: asked for, made, shipped level by level, counted, in stock, written off (S12-6)."""
