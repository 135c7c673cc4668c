# Each number that stands in a rule file by a name of its own has a range: a
# value that cannot be is refused with the file, by the name and with what is
# allowed, and does not wait for the first citizen whom it hurts.  So is what
# is no number, and nobody would look at for months.

use lib 't/lib';
use Civic::Test;

use Civic::Process;

my $root = Civic::Nginx::root();
my $civicctl = Civic::Nginx::build() . '/civicctl';
my $folder = Civic::Process::folder() . '/rules';
system('cp', '-r', "$root/lua/rules", $folder) == 0 or die "$folder: $?";

sub slurp {
    open my $file, '<:utf8', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$file>;
}

sub save {
    my ($path, $text) = @_;

    open my $file, '>:utf8', $path or die "$path: $!";
    print {$file} $text;
    close $file;
    return;
}

# What "civicctl rules check" says of it.
sub checked {
    my $said = qx($civicctl rules check $_[0] 2>&1);

    utf8::decode($said);
    return $said;
}

# Of the file with -5 for a number.
sub told {
    my ($name, $text, $setting) = @_;

    $text =~ s/^rules\.\Q$setting\E = [^\n]*/rules.$setting = -5/m;
    save("$folder/$name.lua", $text);
    return checked("$folder/$name.lua");
}

my $checked = 0;
for my $path (sort glob "$root/lua/rules/*.lua") {
    my $text = slurp($path);
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


# ---- what is no number: the reviewers' working time ----

for ([ '"every_day"', '"everyday"',
        'mode: expected "every_day", "workdays", "elapsed", found "everyday"' ],
    [ '"08:30-12:00", "14:30', '"08：30-12:00", "14:30',
        'hours[1]: expected a span like "08:30-12:00", found "08：30-12:00"' ],
    [ '"10-10" }', '"10-32" }', 'calendar[2026].worked[6]: expected a day of '
        . 'that year like "01-31", found "10-32"' ],
    [ '"01-04", "02-14"', '"01-02", "02-14"', 'calendar[2026].worked[1]: '
        . 'expected a day that is not in off as well, found "01-02"' ])
{
    my ($from, $to, $told) = @$_;

    system('cp', "$root/lua/rules/review.lua", $folder) == 0 or die $?;
    my $text = slurp("$folder/review.lua");
    $text =~ s/\Q$from\E/$to/ or die "$from is not there";
    save("$folder/review.lua", $text);
    like(checked("$folder/review.lua"), qr/review\.lua:\d+: \Q$told\E/, $to);
}

done_testing();
