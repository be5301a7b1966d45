"""Engine: coordinator, admission, pump and lanes; decides what is sent when."""
