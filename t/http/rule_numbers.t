# Each number that stands in a rule file by a name of its own has a range: a
# value that cannot be is refused with the file, by the name and with what is
# allowed, and does not wait for the first citizen whom it hurts.

use lib 't/lib';
use Civic::Test;

use Civic::Process;

my $root = Civic::Nginx::root();
my $civicctl = Civic::Nginx::build() . '/civicctl';
my $folder = Civic::Process::folder() . '/rules';
system('cp', '-r', "$root/lua/rules", $folder) == 0 or die "$folder: $?";

# What "civicctl rules check" says of the file with -5 for a number.
sub told {
    my ($name, $text, $setting) = @_;

    $text =~ s/^rules\.\Q$setting\E = [^\n]*/rules.$setting = -5/m;
    open my $file, '>', "$folder/$name.lua" or die "$name.lua: $!";
    print {$file} $text;
    close $file;

    return scalar qx($civicctl rules check $folder/$name.lua 2>&1);
}

my $checked = 0;
for my $path (sort glob "$root/lua/rules/*.lua") {
    open my $file, '<', $path or die "$path: $!";
    my $text = do { local $/; <$file> };
    my ($name) = $path =~ m{(\w+)\.lua$};

    for my $setting ($text =~ /^rules\.(\w+) = [\d.]+(?: \* \d+)?$/mg) {
        like(told($name, $text, $setting),
            qr/\b\Q$name\E\.lua:\d+:\ \Q$setting\E:\ expected\ a\ 
               (?:whole\ )?number\ from\ \S+\ to\ \S+,\ found\ -5\n/x,
            "$name: $setting");
        $checked++;
    }
}
cmp_ok($checked, '>', 150, 'all of them');

done_testing();
